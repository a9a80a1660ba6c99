import type { HttpBindings } from '@hono/node-server';
import type { Context } from 'hono';
import type { Quota } from '../stores/session-gate.ts';
import type { SPEAKERS } from '../wire/scalars.ts';
import { WireError } from '../wire/wire-error.ts';

/** What a token may be good for. `mint`: have upload tokens made. `admin` holds the others. */
export const SCOPES = ['write', 'read', 'mint', 'admin'] as const;

/** One of {@link SCOPES}. */
export type AccessScope = (typeof SCOPES)[number];

/** Who asks, as far as the token says. */
export interface Access {
  /** For rate limits: the token's own id, never the token. */
  tokenId: string;
  /** Who it is for, as the app's backend said. */
  subject: string;
  /** A session's id, or `*` for every session. */
  sessionId: string;
  scopes: ReadonlySet<AccessScope>;
  quota: Quota;
  /** Whose audio it may send: a person who did not agree to be recorded is left out by the app's backend, whatever the page does. */
  speakers: ReadonlySet<string>;
  /** When it ends, in milliseconds since 1970. */
  expiresAtMs: number;
  /** The operator's own credential in development: its requests are not counted. */
  isUnlimited: boolean;
}

/** What the routes below `/v1` know beside the request. */
export interface AccessEnv {
  Bindings: HttpBindings;
  /** `body`: of a route that takes JSON, as text. `sessionId`: what the request is about, once that is known. */
  Variables: { access: Access; body: string; sessionId: string };
}

/** Whether the token is good for this. */
function hasScope({ scopes }: Access, scope: AccessScope): boolean {
  return scopes.has(scope) || scopes.has('admin');
}

/** Refuses with 403 a token that is not good for this, whatever is asked for and whether it exists. */
export function needScope(c: Context<AccessEnv>, scope: AccessScope): Access {
  const access = c.get('access');
  if (!hasScope(access, scope)) throw refusal();
  return access;
}

/** The same for one session. Asked before anything is looked up: the answer says nothing of the session. */
export function needSession(c: Context<AccessEnv>, scope: AccessScope, sessionId: string): Access {
  const access = needScope(c, scope);
  if (access.sessionId !== '*' && access.sessionId !== sessionId) throw refusal();
  c.set('sessionId', sessionId);
  return access;
}

/**
 * Refuses audio of a speaker that the token leaves out: 422, so that the recorder keeps it as rejected and goes on with the
 * next. A recording of both needs both.
 */
export function needSpeakers({ speakers }: Access, ...wanted: readonly (typeof SPEAKERS)[number][]): void {
  const missing = wanted.find((speaker) => !speakers.has(speaker));
  if (missing !== undefined)
    throw new WireError('invalid_field', `speaker: the token allows no audio of the ${missing}`, { field: 'speaker' });
}

/** The only session that may be looked at, as a parameter of a query; null: all of them. */
export function sessionFilter({ sessionId }: Access): string | null {
  return sessionId === '*' ? null : sessionId;
}

function refusal(): WireError {
  return new WireError('forbidden', 'The token does not allow this.');
}
