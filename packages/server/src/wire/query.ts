import * as v from 'valibot';
import { AUDIO_FORMATS } from '../audio-format.ts';
import { label, oneOf, SPEAKERS, uuid, wallTime, wholeNumber } from './scalars.ts';
import { WireError } from './wire-error.ts';

/** How many sessions a page holds when the request does not say. */
const LIST_DEFAULT = 100;

const limit = v.pipe(v.string(), v.regex(/^\d{1,4}$/, 'must be 1 to 1000'), v.transform(Number), wholeNumber(1, 1000));
const yesOrNo = v.pipe(
  oneOf(['true', 'false']),
  v.transform((word) => word === 'true'),
);

/** `GET /sessions?…`: every filter may be left out. `metadata.NAME=VALUE` is read apart. */
export const sessionListQuery = v.object({
  limit: v.optional(limit, String(LIST_DEFAULT)),
  /** As `next` of the page before. */
  after: v.optional(v.pipe(v.string(), v.regex(/^[\dTZ:.-]{20,30}~[0-9a-f-]{36}$/, 'must be the "next" of a page'))),
  /** Began at or after. */
  from: v.optional(wallTime),
  /** Began before. */
  to: v.optional(wallTime),
  state: v.optional(oneOf(['active', 'ended', 'recovered'])),
  /** Has a turn that was cut short, or has none. */
  interrupted: v.optional(yesOrNo),
});

/** `GET /sessions/:id?…`: which lines of the playback list. */
export const turnListQuery = v.object({
  speaker: v.optional(oneOf(SPEAKERS)),
  interrupted: v.optional(yesOrNo),
  from: v.optional(wallTime),
  to: v.optional(wallTime),
  turn_id: v.optional(uuid),
  /** Also what was generated and nobody heard. */
  unheard: v.optional(yesOrNo),
});

const sessionMs = v.pipe(
  v.string(),
  v.regex(/^\d{1,11}(\.\d{1,6})?$/, 'must be a number of milliseconds'),
  v.transform(Number),
);
const AUDIO_RATES = ['8000', '11025', '12000', '16000', '22050', '24000', '32000', '44100', '48000'] as const;

/** `GET /sessions/:id/audio?…`: which stretch, and as what. */
export const rangeQuery = v.object({
  /** Default: both, left and right. */
  speaker: v.optional(oneOf(SPEAKERS)),
  /** From the start of the session. */
  from_ms: v.optional(sessionMs, '0'),
  /** Exclusive. Default: to the end of what there is. */
  to_ms: v.optional(sessionMs),
  format: v.optional(oneOf(AUDIO_FORMATS), 'wav'),
  /** Hz, not of Opus. Default 48000. */
  sample_rate: v.optional(v.pipe(oneOf(AUDIO_RATES), v.transform(Number))),
});

/** `GET /sessions/:id/events?…`: from which event on. */
export const eventQuery = v.object({
  after: v.optional(v.pipe(v.string(), v.regex(/^(now|\d{1,18})$/, 'must be the id of an event, or now')), '0'),
});

/** `GET /jobs?…` */
export const jobListQuery = v.object({
  state: v.optional(oneOf(['queued', 'running', 'done', 'dead']), 'dead'),
  limit: v.optional(limit, String(LIST_DEFAULT)),
});

/** `POST /sweeps?…` */
export const sweepQuery = v.object({ dry_run: v.optional(yesOrNo, 'false') });

/** Pairs that a session's metadata must hold. */
export type MetadataFilter = Readonly<Record<string, string>>;

/** Checks the query of a request; a name that is not known is refused, since a filter that does nothing misleads. */
export function readQuery<const Schema extends v.ObjectSchema<v.ObjectEntries, undefined>>(
  schema: Schema,
  given: Readonly<Record<string, string>>,
): v.InferOutput<Schema> & { metadata: MetadataFilter } {
  const metadata: Record<string, string> = {};
  const rest: Record<string, string> = {};
  for (const [name, value] of Object.entries(given)) {
    if (name.startsWith('metadata.')) metadata[name.slice('metadata.'.length)] = value;
    else if (Object.hasOwn(schema.entries, name)) rest[name] = value;
    else throw new WireError('invalid_field', `${name}: there is no such filter`, { field: name });
  }
  const read = v.safeParse(schema, rest, { abortEarly: true });
  if (!read.success) {
    const [issue] = read.issues;
    const field = v.getDotPath(issue) ?? undefined;
    throw new WireError('invalid_field', `${field}: ${issue.message}`, { field });
  }
  for (const name of Object.keys(metadata))
    if (!v.is(label, name)) throw new WireError('invalid_field', 'metadata: a name is too long', { field: 'metadata' });
  return { ...read.output, metadata };
}
