import * as v from 'valibot';
import { AUDIO_FORMATS } from '../audio-format.ts';
import {
  flag,
  frame,
  jsonObject,
  label,
  milliseconds,
  offsetMs,
  oneOf,
  orNull,
  sampleRate,
  schemaVersion,
  SPEAKERS,
  text,
  uuid,
  wallTime,
  wholeNumber,
} from './scalars.ts';
import { transcriptSchema } from './transcript.ts';

/** Frames per second of a capture clock: any rate that an AudioContext can have. */
const clockRate = wholeNumber(3000, 768_000);
const range = { start_ms: offsetMs, end_ms: offsetMs };

/**
 * The facts of one segment. The seed's columns and what proves the file are required; a plain client may leave out the
 * rest. Names the server does not know are kept in the file beside the audio.
 */
export const segmentSchema = v.pipe(
  v.looseObject({
    segment_id: uuid,
    session_id: uuid,
    turn_id: uuid,
    part: v.optional(wholeNumber(1), 1),
    is_last: v.optional(flag, true),
    speaker: oneOf(SPEAKERS),
    utterance_ids: v.optional(v.array(label, 'must be a list'), []),
    external_id: orNull(label),
    overlaps_turn_id: orNull(uuid),
    replaces: orNull(uuid),
    format: oneOf(AUDIO_FORMATS),
    sample_rate: sampleRate,
    input_sample_rate: orNull(clockRate),
    num_channels: wholeNumber(1, 2),
    duration_ms: milliseconds,
    byte_size: wholeNumber(0),
    sha256: v.pipe(text, v.regex(/^([0-9a-f]{64})?$/i, 'must be 64 hex digits'), v.toLowerCase()),
    started_at: wallTime,
    ended_at: wallTime,
    sent_at: orNull(wallTime),
    clock_epoch: orNull(wholeNumber(0)),
    clock_rate: orNull(clockRate),
    start_frame: orNull(frame),
    end_frame: orNull(frame),
    interrupted: flag,
    interruption_cause: orNull(oneOf(['client_vad', 'server', 'manual'])),
    end_reason: orNull(
      oneOf(['speech_end', 'drained', 'interrupted', 'manual', 'session_stop', 'page_exit', 'device_lost', 'crash']),
    ),
    rendered_ms: orNull(milliseconds),
    heard_ms: orNull(milliseconds),
    generated_ms: orNull(milliseconds),
    speech_onset_ms: orNull(offsetMs),
    response_latency_ms: orNull(offsetMs),
    gaps: v.optional(v.array(v.looseObject({ ...range, cause: label }), 'must be a list'), []),
    marks: v.optional(v.array(v.looseObject({ ...range, kind: label }), 'must be a list'), []),
    input_latency_ms: orNull(milliseconds),
    output_latency_ms: orNull(milliseconds),
    capture: v.optional(jsonObject, {}),
    /** Not a turn, but what was generated for an utterance that was cut and nobody heard. */
    unheard_tail: orNull(
      v.looseObject(
        { turn_id: uuid, utterance_id: label, from_ms: milliseconds, to_ms: milliseconds },
        'must be an object',
      ),
    ),
    schema: schemaVersion,
    /** When the words are known by the time the segment is sent. */
    transcript: orNull(transcriptSchema),
  }),
  v.forward(
    v.check((s) => s.ended_at >= s.started_at, 'must not be before started_at'),
    ['ended_at'],
  ),
  v.forward(
    v.check((s) => s.transcript === null || s.transcript.session_id === s.session_id, 'belongs to another session'),
    ['transcript'],
  ),
);

/** A segment's facts that have been checked. */
export type SegmentFacts = v.InferOutput<typeof segmentSchema>;
