import { SPEAKERS } from './scalars.ts';
import { AUDIO_FORMATS } from '../audio-format.ts';
import { DERIVED_LAYOUTS } from '../stores/derived-files.ts';
import { RECORDING_TYPES } from './recording.ts';
import { WIRE_ERRORS } from './wire-error.ts';

/** A JSON Schema (2020-12). */
export type JsonSchema = Readonly<Record<string, unknown>>;

const text = { type: 'string' };
const number = { type: 'number' };
const whole = { type: 'integer' };
const flag = { type: 'boolean' };
const uuid = { type: 'string', format: 'uuid' };
const time = { type: 'string', format: 'date-time' };
const any = {};
const orNull = (schema: JsonSchema) => ({ anyOf: [schema, { type: 'null' }] });
const list = (items: JsonSchema) => ({ type: 'array', items });
const oneOf = (words: readonly string[]) => ({ enum: [...words] });
const ref = (name: string) => ({ $ref: `#/components/schemas/${name}` });

/** Every name is always there, and no other: an answer that grows unseen fails the test of this. */
function object(properties: Readonly<Record<string, JsonSchema>>, optional: readonly string[] = []): JsonSchema {
  const required = Object.keys(properties).filter((name) => !optional.includes(name));
  return { type: 'object', properties, required, additionalProperties: false };
}

const session = {
  session_id: uuid,
  started_at: orNull(time),
  ended_at: orNull(time),
  duration_secs: orNull(number),
  finish_reason: orNull(text),
  end_reason: orNull(text),
  state: orNull(text),
  metadata: { type: 'object' },
  consent: orNull({ type: 'object' }),
  epochs: list(any),
  delete_after: orNull(time),
  legal_hold: flag,
  revoked: flag,
  segments: whole,
  transcripts: whole,
  interrupted: whole,
  empty_tracks: list(oneOf(SPEAKERS)),
  audio_ms: number,
  bytes: number,
  refused: { type: 'object', additionalProperties: whole },
};

const span = { start_ms: number, end_ms: number };

/** What the routes answer, by name. */
export const ANSWER_SCHEMAS: Readonly<Record<string, JsonSchema>> = {
  Error: object({
    error: object({ code: oneOf(Object.keys(WIRE_ERRORS)), message: text, field: text, retry_after_ms: number }, [
      'field',
      'retry_after_ms',
    ]),
  }),
  Config: object({
    max_bytes: whole,
    max_json_bytes: whole,
    formats: list(oneOf(AUDIO_FORMATS)),
    tickets: flag,
    schema: { const: 1 },
  }),
  SegmentReceipt: object({ segment_id: uuid, sha256: text, byte_size: whole, audio_url: text }),
  TranscriptReceipt: object({ transcript_id: text, revision: whole, turn_id: orNull(uuid) }),
  SessionReceipt: object({ session_id: uuid, upload_token: text, expires_at: time }, ['upload_token', 'expires_at']),
  RecordingReceipt: object({ recording_id: uuid, sha256: text, byte_size: whole, audio_url: text }),
  Recordings: object({
    recordings: list(
      object({
        recording_id: uuid,
        session_id: uuid,
        recording_source: text,
        recording_type: oneOf(RECORDING_TYPES),
        external_id: orNull(text),
        format: text,
        status: oneOf(['recording', 'completed', 'failed']),
        sample_rate: orNull(whole),
        num_channels: orNull(whole),
        duration_ms: orNull(number),
        byte_size: orNull(number),
        sha256: orNull(text),
        started_at: orNull(time),
        metadata: { type: 'object' },
        audio_url: text,
        playback_url: text,
      }),
    ),
  }),
  Ticket: object({
    ticket_id: text,
    segment_id: uuid,
    put: object({ url: text, headers: { type: 'object', additionalProperties: text }, expires_at: time }),
  }),
  Session: object(session),
  SessionPage: object({ sessions: list(ref('Session')), next: orNull(text) }),
  Turn: object({
    turn_id: orNull(uuid),
    role: oneOf(['user', 'assistant']),
    text: orNull(text),
    heard_text: orNull(text),
    cut_word: orNull(whole),
    language: orNull(text),
    confidence: orNull(number),
    interrupted: flag,
    transcript_interrupted: orNull(flag),
    audio_interrupted: orNull(flag),
    interruption_cause: orNull(text),
    end_reason: orNull(text),
    occurred_at: time,
    segment_id: orNull(uuid),
    part: orNull(whole),
    is_last: orNull(flag),
    utterance_ids: orNull(list(text)),
    audio_url: orNull(text),
    playback_url: orNull(text),
    format: orNull(text),
    duration_ms: orNull(number),
    byte_size: orNull(number),
    sha256: orNull(text),
    started_at: orNull(time),
    ended_at: orNull(time),
    rendered_ms: orNull(number),
    heard_ms: orNull(number),
    generated_ms: orNull(number),
    speech_onset_ms: orNull(number),
    response_latency_ms: orNull(number),
    transcript_id: orNull(text),
    revision: orNull(whole),
    unheard_tail: orNull({ type: 'object' }),
    clock_epoch: orNull(whole),
    start_frame: orNull(number),
    gaps: orNull(list({ type: 'object' })),
    marks: orNull(list({ type: 'object' })),
    quality: orNull(object({ score: whole, clipped: number, silent: number, snr_db: orNull(number), dropouts: whole })),
    sealed: orNull(flag),
  }),
  SessionTurns: object({ session: ref('Session'), turns: list(ref('Turn')), events_url: text }),
  Timeline: object({
    session_id: uuid,
    started_at: orNull(time),
    duration_ms: number,
    concurrent_speakers: whole,
    segments: list(
      object({
        ...span,
        segment_id: orNull(uuid),
        turn_id: orNull(uuid),
        part: whole,
        speaker: oneOf(SPEAKERS),
        interrupted: flag,
        interruption_cause: orNull(text),
        end_reason: orNull(text),
        overlaps_turn_id: orNull(uuid),
        heard_ms: orNull(number),
        response_latency_ms: orNull(number),
      }),
    ),
    holes: list(object({ ...span, speaker: oneOf(SPEAKERS), what: oneOf(['gap', 'mark']), reason: text })),
    words: list(
      object({
        at_ms: number,
        transcript_id: orNull(text),
        turn_id: orNull(uuid),
        role: oneOf(['user', 'assistant']),
        text,
        heard_text: orNull(text),
        confidence: orNull(number),
      }),
    ),
  }),
  Revisions: object({
    transcript_id: text,
    revisions: list(
      object({
        revision: whole,
        text,
        heard_text: orNull(text),
        language: orNull(text),
        confidence: orNull(number),
        interrupted: flag,
      }),
    ),
  }),
  Control: object({ session_id: uuid, delete_after: orNull(time), legal_hold: flag, revoked: flag }),
  Erased: object({ session_id: uuid, files: whole, bytes: whole, segments: whole, transcripts: whole }),
  FileUnderWay: object({
    session_id: uuid,
    layout: oneOf(DERIVED_LAYOUTS),
    format: oneOf(AUDIO_FORMATS),
    status: { const: 'recording' },
  }),
  SessionFiles: object({
    files: list(
      object({
        recording_id: uuid,
        session_id: uuid,
        layout: oneOf(DERIVED_LAYOUTS),
        format: oneOf(AUDIO_FORMATS),
        status: oneOf(['recording', 'completed', 'failed']),
        duration_ms: orNull(number),
        byte_size: orNull(number),
        sha256: orNull(text),
        playback_url: text,
      }),
    ),
    pending: list(object({ layout: text, format: text, error: orNull(text), status: oneOf(['recording', 'failed']) })),
  }),
  Jobs: object({
    jobs: list(
      object({
        job_id: uuid,
        kind: oneOf(['webhook', 'transcribe', 'session_file', 'quality']),
        session_id: uuid,
        state: oneOf(['queued', 'running', 'done', 'dead']),
        attempts: whole,
        run_at: time,
        last_error: orNull(text),
      }),
    ),
  }),
  SweepReport: object({
    dry_run: flag,
    sessions: list(uuid),
    files: whole,
    bytes: number,
    segments: whole,
    transcripts: whole,
    replaced: whole,
    tickets: whole,
    failed: list(uuid),
  }),
  Health: object({ status: { const: 'ok' } }),
  Readiness: object({ status: oneOf(['ready', 'not_ready']), failed: list(oneOf(['database', 'store'])) }, ['failed']),
};
