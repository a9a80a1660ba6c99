import * as v from 'valibot';
import { jsonObject, oneOf, orNull, schemaVersion, shortText, uuid, wallTime } from './scalars.ts';

/** A session's facts: sent at its start and again at its end. */
export const sessionSchema = v.pipe(
  v.looseObject({
    session_id: uuid,
    started_at: wallTime,
    ended_at: orNull(wallTime),
    end_reason: orNull(oneOf(['session_stop', 'page_exit', 'crash'])),
    state: v.optional(oneOf(['active', 'ended', 'recovered']), 'active'),
    // What is left out stays what it was.
    metadata: v.optional(jsonObject),
    consent: v.optional(
      v.nullable(v.looseObject({ subject: shortText, text_version: shortText, granted_at: wallTime })),
    ),
    epochs: v.optional(v.array(jsonObject, 'must be a list')),
    schema: schemaVersion,
  }),
  v.forward(
    v.check((s) => s.ended_at === null || s.ended_at >= s.started_at, 'must not be before started_at'),
    ['ended_at'],
  ),
);

/** A session's facts that have been checked. */
export type SessionFacts = v.InferOutput<typeof sessionSchema>;
