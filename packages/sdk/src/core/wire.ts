import type { Segment } from './segment.ts';
import type { SessionFacts, Transcript } from './session.ts';
import type { SessionFileFacts } from './session-file.ts';

/**
 * The one place where camelCase becomes snake_case: on the wire, in IndexedDB and in SQL the names are these. Times are
 * RFC 3339 with milliseconds on the wire, milliseconds since 1970 in TypeScript.
 */

type SnakeCase<Name extends string> = Name extends `${infer Head}${infer Tail}`
  ? Tail extends Uncapitalize<Tail>
    ? `${Lowercase<Head>}${SnakeCase<Tail>}`
    : `${Lowercase<Head>}_${SnakeCase<Tail>}`
  : Name;

type Wired<Value> = Value extends readonly (infer Item)[]
  ? Wired<Item>[]
  : Value extends object
    ? { [Name in keyof Value as SnakeCase<Name & string>]: Wired<Value[Name]> }
    : Value;

/** Fields whose values are the app's or the browser's own objects: their inner names are left alone. */
type Verbatim = 'metadata' | 'settings';
type WallTimes = 'startedAt' | 'endedAt' | 'occurredAt' | 'grantedAt';

type WiredFacts<Facts> = {
  [Name in keyof Facts as SnakeCase<Name & string>]: Name extends WallTimes
    ? Facts[Name] extends number
      ? string
      : string | null
    : Name extends Verbatim
      ? Facts[Name]
      : Name extends 'consent'
        ? { subject: string; text_version: string; granted_at: string } | null
        : Wired<Facts[Name]>;
};

/** A segment's metadata as it travels and as it is stored. */
export type SegmentWire = WiredFacts<Segment>;
/** A transcript entry as it travels and as it is stored. */
export type TranscriptWire = WiredFacts<Transcript>;
/** A session's facts as they travel and as they are stored. */
export type SessionWire = WiredFacts<SessionFacts>;
/** The facts of a file of a whole session, as they stand in a bundle. */
export type SessionFileWire = WiredFacts<SessionFileFacts>;

/** What a voice backend is told of the user's speech. `timestamp` is the wall time of the onset (or end), unix seconds. */
export interface ClientVadMessage {
  type: 'client_vad_start' | 'client_vad_stop';
  timestamp: number;
  /** Only when the app asked for it (`vadTurnId`): the turn that this becomes. */
  turn_id?: string;
}

/** The message for a wall time in milliseconds. Exactly two fields, unless asked: other backends parse it strictly. */
export function clientVadMessage(type: ClientVadMessage['type'], wallMs: number, turnId?: string): ClientVadMessage {
  return { type, timestamp: wallMs / 1000, ...(turnId !== undefined && { turn_id: turnId }) };
}

const VERBATIM: ReadonlySet<string> = new Set(['metadata', 'settings']);
const WALL_TIMES: ReadonlySet<string> = new Set(['startedAt', 'endedAt', 'occurredAt', 'grantedAt']);

export const segmentToWire = (segment: Segment): SegmentWire => toWire(segment) as SegmentWire;
export const segmentFromWire = (wire: SegmentWire): Segment => fromWire(wire) as Segment;
export const transcriptToWire = (transcript: Transcript): TranscriptWire => toWire(transcript) as TranscriptWire;
export const transcriptFromWire = (wire: TranscriptWire): Transcript => fromWire(wire) as Transcript;
export const sessionToWire = (session: SessionFacts): SessionWire => toWire(session) as SessionWire;
export const sessionFromWire = (wire: SessionWire): SessionFacts => fromWire(wire) as SessionFacts;
export const sessionFileToWire = (file: SessionFileFacts): SessionFileWire => toWire(file) as SessionFileWire;

function toWire(value: unknown): unknown {
  return mapFields(value, (name, field) => {
    const wired = WALL_TIMES.has(name) && typeof field === 'number' ? new Date(field).toISOString() : undefined;
    const key = name.replace(/[A-Z]/g, (capital) => `_${capital.toLowerCase()}`);
    return [key, wired ?? (VERBATIM.has(name) ? field : toWire(field))];
  });
}

function fromWire(value: unknown): unknown {
  return mapFields(value, (key, field) => {
    const name = key.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
    const time = WALL_TIMES.has(name) && typeof field === 'string' ? Date.parse(field) : undefined;
    return [name, time ?? (VERBATIM.has(name) ? field : fromWire(field))];
  });
}

function mapFields(value: unknown, map: (name: string, field: unknown) => [string, unknown]): unknown {
  if (Array.isArray(value)) return value.map((item) => mapFields(item, map));
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([name, field]) => map(name, field)));
}
