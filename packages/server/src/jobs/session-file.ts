import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as v from 'valibot';
import type { AudioFormat } from '../audio-format.ts';
import type { BlobStore } from '../blob-store.ts';
import type { Database } from '../database.ts';
import {
  DERIVED_LAYOUTS,
  listMasters,
  storeDerived,
  type DerivedLayout,
  type Master,
} from '../stores/derived-files.ts';
import { alone } from '../stores/session-gate.ts';
import { derivedKey, storedAudioKey } from '../stores/stored-files.ts';
import { oneOf } from '../wire/scalars.ts';
import { AUDIO_FORMATS } from '../audio-format.ts';
import { decode, encode } from './ffmpeg.ts';
import type { TakenJob } from './job-queue.ts';
import { JobError } from './job-runner.ts';
import { SessionMix } from './session-mix.ts';

/** Of every derived file, in Hz: the rate that Opus decodes at. */
const SAMPLE_RATE = 48_000;
/** Largest derived file, in bytes: it is in memory once. 45 minutes of stereo WAV, days of Opus. */
const MAX_BYTES = 512 * 1024 * 1024;

const jobFacts = v.object({ layout: oneOf(DERIVED_LAYOUTS), format: oneOf(AUDIO_FORMATS) });

/**
 * Builds a file of a whole session from its segments, each at its place: `stereo` (left the user, right the bot), `mono`,
 * or one speaker's track. The masters are only read. What changed meanwhile (a redaction, an erasure) makes it start again.
 */
export function sessionFileWork(database: Database, blobs: BlobStore) {
  return async ({ session_id: sessionId, facts }: TakenJob, signal: AbortSignal): Promise<void> => {
    const { layout, format } = v.parse(jobFacts, facts);
    const masters = (await listMasters(database, sessionId)).filter(({ speaker }) => isIn(layout, speaker));
    if (masters.length === 0) throw new JobError('no_audio', 'The session has no audio for this.', { isFinal: true });
    const folder = await mkdtemp(join(tmpdir(), 'turntape-mix-'));
    try {
      const { bytes, frames, channels } = await build(blobs, { masters, layout, format, folder, signal });
      await alone(database, sessionId, async (scope) => {
        const now = (await listMasters(scope, sessionId)).filter(({ speaker }) => isIn(layout, speaker));
        // A segment that was silenced while we listened must not live on in here.
        if (idsOf(now) !== idsOf(masters)) throw new JobError('segments_changed', 'The session changed; once more.');
        const key = derivedKey(sessionId, layout, format);
        await blobs.put([{ key, bytes }]);
        await storeDerived(scope, {
          session_id: sessionId,
          layout,
          format,
          file_path: blobs.url(key),
          sample_rate: SAMPLE_RATE,
          num_channels: channels,
          duration_ms: (frames / SAMPLE_RATE) * 1000,
          byte_size: bytes.byteLength,
          sha256: createHash('sha256').update(bytes).digest('hex'),
        });
      });
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  };
}

interface Building {
  masters: readonly Master[];
  layout: DerivedLayout;
  format: AudioFormat;
  folder: string;
  signal: AbortSignal;
}

async function build(blobs: BlobStore, { masters, layout, format, folder, signal }: Building) {
  const channels = layout === 'stereo' ? 2 : 1;
  const mix = await SessionMix.create(join(folder, 'mix'), channels);
  try {
    for (const master of masters) {
      const samples = await decode(
        blobs.read(storedAudioKey(master, master.format)),
        master.format,
        SAMPLE_RATE,
        signal,
      );
      const startFrame = Math.max(0, Math.round((master.offset_ms * SAMPLE_RATE) / 1000));
      await mix.add(samples, startFrame, layout === 'stereo' && master.speaker === 'bot' ? 1 : 0);
      if (format === 'wav' && mix.frames * channels * 2 > MAX_BYTES)
        throw new JobError('too_large', 'Too long for WAV; ask for opus or mp3.', { isFinal: true });
    }
    const bytes = await encode(mix.read(), { format, sampleRate: SAMPLE_RATE, channels }, signal);
    return { bytes: format === 'wav' ? withTrueSizes(bytes) : bytes, frames: mix.frames, channels };
  } finally {
    await mix.close();
  }
}

/** A pipe has no end to go back from: ffmpeg leaves the two sizes of a WAV file open there. */
function withTrueSizes(file: Buffer): Buffer {
  file.writeUInt32LE(file.byteLength - 8, 4);
  const data = file.indexOf('data', 12, 'latin1');
  if (data > 0) file.writeUInt32LE(file.byteLength - data - 8, data + 4);
  return file;
}

function isIn(layout: DerivedLayout, speaker: 'user' | 'bot'): boolean {
  return layout === 'stereo' || layout === 'mono' || layout === speaker;
}

const idsOf = (masters: readonly Master[]) => masters.map(({ segment_id: id }) => id).join();
