import * as v from 'valibot';
import { AUDIO_FORMATS } from '../audio-format.ts';
import {
  jsonObject,
  label,
  milliseconds,
  oneOf,
  orNull,
  sampleRate,
  schemaVersion,
  text,
  uuid,
  wallTime,
  wholeNumber,
} from './scalars.ts';

/** Whose voice a recording holds; the words of older systems. */
export const RECORDING_TYPES = ['user', 'assistant', 'mixed'] as const;

/** A recording of a whole session that somebody else made: a telephone provider, a meeting's host. */
export const recordingSchema = v.looseObject({
  /** The idempotency key. */
  recording_id: uuid,
  recording_type: v.optional(oneOf(RECORDING_TYPES), 'mixed'),
  /** Who made it: `twilio`, `livekit`. */
  recording_source: v.optional(
    v.pipe(
      label,
      v.check((word) => word !== 'derived' && word !== 'browser', 'is a word of this server'),
    ),
    'external',
  ),
  /** What that one calls it: a `RecordingSid`. */
  external_id: orNull(label),
  format: oneOf(AUDIO_FORMATS),
  sample_rate: orNull(sampleRate),
  num_channels: orNull(wholeNumber(1, 8)),
  duration_ms: orNull(milliseconds),
  /** Checked when they are given, found out when they are not. */
  byte_size: orNull(wholeNumber(1)),
  sha256: orNull(v.pipe(text, v.regex(/^[0-9a-f]{64}$/i, 'must be 64 hex digits'), v.toLowerCase())),
  started_at: orNull(wallTime),
  metadata: v.optional(jsonObject, {}),
  schema: schemaVersion,
});

/** A recording's facts that have been checked. */
export type RecordingFacts = v.InferOutput<typeof recordingSchema>;

/** As it lies beside the audio: what was found out is in it. */
export const recordingFileSchema = v.looseObject({
  ...recordingSchema.entries,
  session_id: uuid,
  byte_size: wholeNumber(1),
  sha256: text,
});

/** A recording's facts with its session and its proof. */
export type RecordingFile = v.InferOutput<typeof recordingFileSchema>;
