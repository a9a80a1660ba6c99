import type { Context } from 'hono';
import * as v from 'valibot';
import { needScope, needSession, type AccessEnv, type AccessScope } from '../access/access.ts';
import { uuid } from './scalars.ts';
import { WireError } from './wire-error.ts';

/** The session that the path names, when the token is good for it. What is no id is 404 for whom it could be told. */
export function sessionIdOf(c: Context<AccessEnv>, scope: AccessScope): string {
  needScope(c, scope);
  const id = v.safeParse(uuid, c.req.param('id'));
  // A token of one session gets 403 for everything that is not that session.
  needSession(c, scope, id.success ? id.output : '');
  if (!id.success) throw new WireError('not_found', 'There is no such session.');
  return id.output;
}

/** An id of the path that is not a session's. */
export function idOf(c: Context<AccessEnv>, name: string, what: string): string {
  const id = v.safeParse(uuid, c.req.param(name));
  if (!id.success) throw new WireError('not_found', `There is no such ${what}.`);
  return id.output;
}
