import type { SegmentWire, SessionWire, TranscriptWire } from '../core/wire.ts';

/** Facts and bytes for the tests of the rooms on both sides of this contract. Nothing here is shipped behaviour. */

/** The facts of a session that has just begun. */
export function sampleSession(sessionId: string, facts: Partial<SessionWire> = {}): SessionWire {
  return {
    session_id: sessionId,
    started_at: '2026-11-20T10:00:00.000Z',
    ended_at: null,
    end_reason: null,
    state: 'active',
    metadata: { userId: 'u-1', camelCase: { staysAsItIs: true } },
    consent: null,
    epochs: [],
    schema: 1,
    ...facts,
  };
}

/** The same session, ended. */
export function sampleSessionEnd(sessionId: string, facts: Partial<SessionWire> = {}): SessionWire {
  return sampleSession(sessionId, {
    ended_at: '2026-11-20T10:05:00.000Z',
    end_reason: 'session_stop',
    state: 'ended',
    ...facts,
  });
}

/** The facts of a finished user turn. */
export function sampleSegment(sessionId: string, facts: Partial<SegmentWire> = {}): SegmentWire {
  return {
    segment_id: crypto.randomUUID(),
    session_id: sessionId,
    turn_id: crypto.randomUUID(),
    part: 1,
    is_last: true,
    speaker: 'user',
    utterance_ids: [],
    external_id: null,
    overlaps_turn_id: null,
    replaces: null,
    format: 'opus',
    sample_rate: 48_000,
    input_sample_rate: 48_000,
    num_channels: 1,
    duration_ms: 1000,
    byte_size: 0,
    sha256: '',
    started_at: '2026-11-20T10:00:01.000Z',
    ended_at: '2026-11-20T10:00:02.000Z',
    clock_epoch: 0,
    clock_rate: 48_000,
    start_frame: 48_000,
    end_frame: 96_000,
    interrupted: false,
    interruption_cause: null,
    end_reason: 'speech_end',
    rendered_ms: null,
    heard_ms: null,
    generated_ms: null,
    speech_onset_ms: 500,
    response_latency_ms: null,
    gaps: [],
    marks: [],
    input_latency_ms: 10,
    output_latency_ms: null,
    capture: { settings: {}, vad: null, encoder: {} },
    schema: 1,
    ...facts,
  };
}

/** A segment with a file of `byteSize` bytes of the number `fill`, hash and size as they are. */
export async function sampleSegmentWithAudio(
  sessionId: string,
  { byteSize = 2000, fill = 7, ...facts }: Partial<SegmentWire> & { byteSize?: number; fill?: number } = {},
): Promise<{ segment: SegmentWire; audio: ArrayBuffer }> {
  const audio = new Uint8Array(byteSize).fill(fill).buffer;
  const sha256 = await sampleSha256(audio);
  return { segment: sampleSegment(sessionId, { byte_size: byteSize, sha256, ...facts }), audio };
}

/** Lower-case hex, as in the metadata. */
export async function sampleSha256(bytes: ArrayBuffer): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', bytes);
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** What the user said in a turn. */
export function sampleTranscript(sessionId: string, facts: Partial<TranscriptWire> = {}): TranscriptWire {
  return {
    transcript_id: crypto.randomUUID(),
    session_id: sessionId,
    turn_id: null,
    external_id: null,
    role: 'user',
    text: 'Is anybody there?',
    utterance_id: null,
    words: null,
    heard_text: null,
    cut_word: null,
    heard_ms: null,
    language: 'en',
    interrupted: false,
    occurred_at: '2026-11-20T10:00:01.500Z',
    revision: 1,
    schema: 1,
    ...facts,
  };
}
