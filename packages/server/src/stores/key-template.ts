import { formatFacts, type AudioFormat } from '../audio-format.ts';
import { SettingsError } from '../settings-error.ts';
import { ROLE_OF_SPEAKER } from './binding.ts';
import { audioKey, type SegmentName } from './stored-files.ts';

/** What a key may be made of: checked UUIDs, closed words and parts of a checked time. Nothing that a client writes freely. */
export interface KeyFacts {
  session_id: string;
  segment_id: string;
  turn_id: string;
  part: number;
  speaker: 'user' | 'bot';
  format: AudioFormat;
  /** RFC 3339 in UTC. */
  started_at: string;
}

const PARTS: Readonly<Record<string, (facts: KeyFacts) => string>> = {
  session_id: (facts) => facts.session_id,
  segment_id: (facts) => facts.segment_id,
  turn_id: (facts) => facts.turn_id,
  part: (facts) => String(facts.part),
  speaker: (facts) => facts.speaker,
  role: (facts) => ROLE_OF_SPEAKER[facts.speaker],
  ext: (facts) => formatFacts(facts.format).extension,
  yyyy: (facts) => facts.started_at.slice(0, 4),
  mm: (facts) => facts.started_at.slice(5, 7),
  dd: (facts) => facts.started_at.slice(8, 10),
  hh: (facts) => facts.started_at.slice(11, 13),
  unix: (facts) => String(Math.floor(Date.parse(facts.started_at) / 1000)),
};

/** Folders that hold something else. */
const TAKEN = new Set(['erased', 'tickets', 'incoming', 'database', 'probe', 'turntape.lock']);

/** Makes the key of a segment's audio. */
export type KeyTemplate = (facts: KeyFacts) => string;

/**
 * Reads a template such as `{yyyy}/{mm}/{dd}/{session_id}/{segment_id}.{ext}`. It has to hold `{session_id}` and
 * `{segment_id}` and to end with `.{ext}`: two segments never share a key, and a key says whose it is.
 */
export function readKeyTemplate(text: string): KeyTemplate {
  const refuse = (why: string) => new SettingsError('--audio-keys', `"${text}" ${why}`);
  const unknown = Array.from(text.matchAll(/\{(\w*)\}/g), ([, name = '']) => name).find((name) => !(name in PARTS));
  if (unknown !== undefined) throw refuse(`holds {${unknown}}; known are ${Object.keys(PARTS).join(', ')}`);
  if (!text.includes('{session_id}') || !text.includes('{segment_id}') || !text.endsWith('.{ext}'))
    throw refuse('must hold {session_id} and {segment_id} and end with .{ext}');
  const [first = ''] = text.split('/');
  if (TAKEN.has(first) || !isPlain(text.replace(/\{\w+\}/g, 'x')))
    throw refuse('must be a path of letters, digits, "-", "_" and ".", in a folder that nothing else uses');
  return (facts) => text.replace(/\{(\w+)\}/g, (_, name: string) => PARTS[name]?.(facts) ?? '');
}

/** Whether a key that was read from a file can be one of ours: plain, and of this segment. */
export function isKeyOf(key: unknown, { session_id, segment_id }: SegmentName): key is string {
  return typeof key === 'string' && isPlain(key) && key.includes(session_id) && key.includes(segment_id);
}

/** Where the audio lies that a file of facts is about. */
export function audioKeyIn(facts: SegmentName & { format: AudioFormat; audio_key?: unknown }): string {
  return isKeyOf(facts.audio_key, facts) ? facts.audio_key : audioKey(facts, facts.format);
}

/** No folder above, none without a name, nothing that a store or a shell reads in another way. */
function isPlain(path: string): boolean {
  return path.split('/').every((word) => /^[A-Za-z0-9_-][A-Za-z0-9_.-]*$/.test(word));
}
