import { Readable } from 'node:stream';
import type { BlobStore } from '../blob-store.ts';
import { decoding, encoding } from '../jobs/ffmpeg.ts';
import type { Master } from '../stores/derived-files.ts';
import { storedAudioKey } from '../stores/stored-files.ts';
import type { AudioFormat } from '../audio-format.ts';
import { interleaved, lineOf, SAMPLE_BYTES } from './placed-pcm.ts';
import { WAV_HEADER_BYTES, wavHeader } from './wav-header.ts';

/** A stretch of a session, as sound. */
export interface SessionRange {
  /** One speaker alone; undefined: both, the user left and the bot right. */
  speaker: Master['speaker'] | undefined;
  /** From the start of the session, in milliseconds; `toMs` exclusive. */
  fromMs: number;
  toMs: number;
  format: AudioFormat;
  /** Of the file, in Hz. */
  sampleRate: number;
}

/** Samples of each channel. */
function samplesOf({ fromMs, toMs, sampleRate }: SessionRange): number {
  return place(toMs, sampleRate) - place(fromMs, sampleRate);
}

/** Bytes of the file where they are known before it is made: of WAV. */
export function byteSizeOf(range: SessionRange): number | undefined {
  if (range.format !== 'wav') return undefined;
  return WAV_HEADER_BYTES + samplesOf(range) * channelsOf(range) * SAMPLE_BYTES;
}

/** The end of what these segments hold, in milliseconds from the start of the session. */
export function endOf(masters: readonly Master[]): number {
  return Math.max(0, ...masters.map(({ offset_ms: at, duration_ms: length }) => at + length));
}

/**
 * The stretch as a file, made as it is read: each segment is decoded when its turn comes, so that an hour needs no more room
 * than a second. What no segment holds is silence. `masters`: those of the session, in order; the others are not looked at.
 */
export function readSessionRange(
  blobs: BlobStore,
  masters: readonly Master[],
  range: SessionRange,
  signal: AbortSignal,
): AsyncGenerator<Buffer, void, undefined> {
  const { sampleRate, format, fromMs, toMs, speaker } = range;
  const line = (of: Master['speaker']) =>
    lineOf(
      masters
        .filter((master) => master.speaker === of && isWithin(master, range))
        .map((master) => ({
          at: place(master.offset_ms, sampleRate),
          open: () => decoding(blobs.read(storedAudioKey(master, master.format)), master.format, sampleRate, signal),
        })),
      place(fromMs, sampleRate),
      place(toMs, sampleRate),
    );
  const sound = speaker === undefined ? interleaved(line('user'), line('bot')) : line(speaker);
  if (format === 'wav') return withHeader(range, sound);
  return encoding(
    Readable.from(sound, { objectMode: false }),
    { format, sampleRate, channels: channelsOf(range) },
    signal,
  );
}

async function* withHeader(range: SessionRange, sound: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const channels = channelsOf(range);
  yield wavHeader({ sampleRate: range.sampleRate, channels, dataBytes: samplesOf(range) * channels * SAMPLE_BYTES });
  yield* sound;
}

/** Whether any of it lies in the stretch. */
export function isWithin({ offset_ms: at, duration_ms: length }: Master, { fromMs, toMs }: SessionRange): boolean {
  return at < toMs && at + length > fromMs;
}

const channelsOf = ({ speaker }: SessionRange): 1 | 2 => (speaker === undefined ? 2 : 1);

const place = (ms: number, sampleRate: number): number => Math.round((ms * sampleRate) / 1000);
