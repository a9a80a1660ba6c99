import type { TurntapeError, TurntapeErrorCode } from '../core/errors.ts';
import type { SegmentWire } from '../core/wire.ts';
import type { Receipt } from '../upload-contract/receipt.ts';
import { sampleSegment, sampleSha256 } from '../upload-contract/samples.ts';
import type { UploadTarget } from '../upload-contract/target.ts';

/** What a case of the target conformance is given, and what it asserts with. No test framework. */

/** A segment and its file. */
export interface Sample {
  readonly segment: SegmentWire;
  readonly audio: Blob;
}

const SAMPLE_RATE = 16_000;
const HEADER_BYTES = 44;

/** A playable WAV file of a tone, with the facts of its turn. The pitch makes two of them different. */
export async function sampleWav({
  sessionId = crypto.randomUUID(),
  durationMs = 100,
  pitchHz = 440,
  ...facts
}: Partial<SegmentWire> & { sessionId?: string; durationMs?: number; pitchHz?: number } = {}): Promise<Sample> {
  const frames = Math.round((durationMs / 1000) * SAMPLE_RATE);
  const view = new DataView(new ArrayBuffer(HEADER_BYTES + frames * 2));
  const text = (at: number, word: string): void =>
    Array.from(word).forEach((letter, index) => view.setUint8(at + index, letter.charCodeAt(0)));
  text(0, 'RIFF');
  view.setUint32(4, 36 + frames * 2, true);
  text(8, 'WAVEfmt ');
  view.setUint32(16, 16, true);
  view.setUint16(20, 1, true);
  view.setUint16(22, 1, true);
  view.setUint32(24, SAMPLE_RATE, true);
  view.setUint32(28, SAMPLE_RATE * 2, true);
  view.setUint16(32, 2, true);
  view.setUint16(34, 16, true);
  text(36, 'data');
  view.setUint32(40, frames * 2, true);
  for (let frame = 0; frame < frames; frame += 1) {
    const value = Math.round(8000 * Math.sin((2 * Math.PI * pitchHz * frame) / SAMPLE_RATE));
    view.setInt16(HEADER_BYTES + frame * 2, value, true);
  }
  const segment = sampleSegment(sessionId, {
    format: 'wav',
    sample_rate: SAMPLE_RATE,
    input_sample_rate: SAMPLE_RATE,
    duration_ms: (frames / SAMPLE_RATE) * 1000,
    byte_size: view.byteLength,
    sha256: await sampleSha256(view.buffer),
    clock_rate: SAMPLE_RATE,
    start_frame: SAMPLE_RATE,
    end_frame: SAMPLE_RATE + frames,
    speech_onset_ms: 0,
    ...facts,
  });
  return { segment, audio: new Blob([view.buffer], { type: 'audio/wav' }) };
}

/** A turn that was never heard: facts and no file. */
export function sampleUnheard(): SegmentWire {
  return sampleSegment(crypto.randomUUID(), {
    speaker: 'bot',
    format: 'wav',
    duration_ms: 0,
    byte_size: 0,
    sha256: '',
    ended_at: '2026-11-20T10:00:01.000Z',
    end_frame: 48_000,
    interrupted: true,
    interruption_cause: 'client_vad',
    end_reason: 'interrupted',
    rendered_ms: 0,
    heard_ms: 0,
    generated_ms: 1200,
    speech_onset_ms: 0,
  });
}

/** Sends as the uploader does. */
export function send(
  target: UploadTarget,
  { segment, audio }: { segment: SegmentWire; audio?: Blob | undefined },
  { signal = new AbortController().signal, onSent }: { signal?: AbortSignal; onSent?: () => void } = {},
): Promise<Receipt> {
  return target.send(segment, audio, onSent ? { signal, onSent } : { signal });
}

/** @throws Error with this message, unless it holds */
export function assert(holds: boolean, message: string): void {
  if (!holds) throw new Error(message);
}

/** The receipt proves this segment: its id, hash and size. */
export function assertProves(receipt: Receipt, { segment_id, sha256, byte_size }: SegmentWire): void {
  const given = { segment_id: receipt.segment_id, sha256: receipt.sha256, byte_size: receipt.byte_size };
  const wanted = { segment_id, sha256, byte_size };
  assert(
    JSON.stringify(given) === JSON.stringify(wanted),
    `the receipt says ${JSON.stringify(given)}, the segment is ${JSON.stringify(wanted)}`,
  );
}

/** The failure of a call, which must be a `TurntapeError` (of any bundle) with one of these codes. */
export async function failureOf(
  work: Promise<unknown>,
  ...codes: [TurntapeErrorCode, ...TurntapeErrorCode[]]
): Promise<TurntapeError> {
  const thrown: unknown = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  assert(thrown !== undefined, `it settled, and should have failed with ${codes.join(' or ')}`);
  const error = thrown as TurntapeError;
  assert(
    error instanceof Error && error.name === 'TurntapeError' && codes.includes(error.code),
    `it failed with ${String(thrown)} (${error.code}), not with a TurntapeError of the code ${codes.join(' or ')}`,
  );
  return error;
}
