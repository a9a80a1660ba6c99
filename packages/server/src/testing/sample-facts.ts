import { createHash, randomUUID } from 'node:crypto';
import { sampleSegment, sampleSession, sampleTranscript } from '../../../sdk/src/upload-contract/samples.ts';

/** A WAV file of 16-bit mono silence, or of samples of one value. */
export function wavFile(samples = 1600, { sampleRate = 16_000, value = 0 } = {}): Buffer {
  const file = Buffer.alloc(44 + samples * 2);
  file.write('RIFF', 0);
  file.writeUInt32LE(36 + samples * 2, 4);
  file.write('WAVEfmt ', 8);
  file.writeUInt32LE(16, 16);
  file.writeUInt16LE(1, 20);
  file.writeUInt16LE(1, 22);
  file.writeUInt32LE(sampleRate, 24);
  file.writeUInt32LE(sampleRate * 2, 28);
  file.writeUInt16LE(2, 32);
  file.writeUInt16LE(16, 34);
  file.write('data', 36);
  file.writeUInt32LE(samples * 2, 40);
  for (let i = 0; i < samples; i++) file.writeInt16LE(value, 44 + i * 2);
  return file;
}

/** The first page of an Ogg Opus file: what its type is told by. */
export function opusFile(): Buffer {
  const head = Buffer.from('OpusHead\x01\x01\x38\x01\x80\xbb\x00\x00\x00\x00\x00', 'latin1');
  const page = Buffer.alloc(28);
  page.write('OggS', 0);
  page[5] = 2;
  page[26] = 1;
  page[27] = head.length;
  return Buffer.concat([page, head]);
}

/** Facts of a segment of this file: the contract's own sample, as WAV, with a hole. What is given takes the place of what is here. */
export function segmentFacts(audio: Buffer | undefined, facts: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    ...sampleSegment(randomUUID()),
    format: 'wav',
    sample_rate: 16_000,
    duration_ms: 100,
    byte_size: audio?.byteLength ?? 0,
    sha256: audio === undefined ? '' : createHash('sha256').update(audio).digest('hex'),
    ended_at: '2026-11-20T10:00:01.100Z',
    end_frame: 52_800,
    speech_onset_ms: 20,
    gaps: [{ start_ms: 3, end_ms: 5, cause: 'blocks_lost' }],
    capture: { settings: { echoCancellation: true }, vad: { model: 'v6' }, encoder: {} },
    ...facts,
  };
}

/** What the user said, of a turn. */
export function transcriptFacts(facts: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    ...sampleTranscript(randomUUID()),
    turn_id: randomUUID(),
    occurred_at: '2026-11-20T10:00:01.050Z',
    ...facts,
  };
}

/** A session that has begun. */
export function sessionFacts(facts: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    ...sampleSession(randomUUID()),
    metadata: { user_id: 'u-1' },
    consent: { subject: 'u-1', text_version: '3', granted_at: '2026-11-20T09:59:00.000Z' },
    epochs: [{ epoch: 0, clock_rate: 48_000 }],
    ...facts,
  };
}
