import { OggOpusWriter } from '../../codecs/ogg-opus.ts';
import { LIBOPUS_PRE_SKIP, OPUS_RATE, opusPacketFrames } from '../../codecs/opus-head.ts';
import { joinStreams } from '../../codecs/opus-streams.ts';
import { readPacketChunk } from '../../codecs/packet-chunk.ts';
import { createSegmentEncoder } from '../../codecs/segment-encoder.ts';
import { toPcm16, wavHeader } from '../../codecs/wav.ts';
import type { TurntapeError } from '../../core/errors.ts';
import { pause } from '../pause.ts';
import { type Pcm, together } from './placed.ts';

/** A file, piece by piece. */
export type FileBytes = AsyncGenerator<Uint8Array, void, undefined>;

/** The Opus packets of one channel, in order. */
export type Packets = AsyncGenerator<Uint8Array, void, undefined>;

/** Audio that is worked on in one go: a few milliseconds of work, so that detector and cut do not wait. */
const BLOCK_MS = 200;

/** Audio that an encoder may have in hand before it is waited for. */
const LARGEST_QUEUE = 3 * OPUS_RATE;

/** PCM16, interleaved. Throws `invalid_argument` past 4 GiB. */
export async function* wavFile(channels: readonly Pcm[], samples: number, sampleRate: number): FileBytes {
  const numChannels = channels.length === 2 ? 2 : 1;
  yield wavHeader({ sampleRate, numChannels, dataBytes: samples * numChannels * 2 });
  for await (const block of together(channels, Math.round((BLOCK_MS / 1000) * sampleRate))) {
    const length = block[0]?.length ?? 0;
    const pcm = new Int16Array(length * numChannels);
    for (const [channel, source] of block.entries())
      for (let index = 0; index < length; index += 1) pcm[index * numChannels + channel] = toPcm16(source[index] ?? 0);
    yield new Uint8Array(pcm.buffer);
    await pause();
  }
}

export interface OpusFileOptions {
  /** Decoded samples of each channel. */
  samples: number;
  comments: Readonly<Record<string, string>>;
  /** Frames that the packets put before the first sample. libopus' own by default. */
  preSkip?: number;
}

/** Ogg Opus; each channel a mono stream of its own, so that nothing of one speaker is heard in the other's. */
export async function* opusFile(
  channels: readonly Packets[],
  { samples, comments, preSkip = LIBOPUS_PRE_SKIP }: OpusFileOptions,
): FileBytes {
  const pages: Uint8Array[] = [];
  const numChannels = channels.length === 2 ? 2 : 1;
  const head = { numChannels, preSkip, inputSampleRate: OPUS_RATE, uncoupled: numChannels === 2, comments } as const;
  const writer = new OggOpusWriter(head, (page) => pages.push(page));
  try {
    const needed = samples > 0 ? preSkip + samples : 0;
    for (let coded = 0; coded < needed;) {
      const packets: Uint8Array[] = [];
      for (const channel of channels) {
        const next = await channel.next();
        if (!next.done) packets.push(next.value);
      }
      if (packets.length < channels.length) break;
      coded += opusPacketFrames(packets[0] ?? new Uint8Array(0));
      writer.packet(joinStreams(packets));
      if (pages.length === 0) continue;
      yield* pages.splice(0);
      await pause();
    }
    writer.end(samples);
    yield* pages;
  } finally {
    for (const channel of channels) await channel.return();
  }
}

/** Encodes one channel. */
export async function* opusPackets(pcm: Pcm, bitrate: number): Packets {
  const chunks: ArrayBuffer[] = [];
  const news: { failure?: TurntapeError; told?: () => void } = {};
  const encoder = createSegmentEncoder({
    format: 'opus',
    sampleRate: OPUS_RATE,
    bitrate,
    chunkMs: 1000,
    onChunk(bytes) {
      chunks.push(bytes);
      news.told?.();
    },
    onError(error) {
      news.failure = error;
      news.told?.();
    },
  });
  const packets = (): readonly Uint8Array[] => chunks.splice(0).flatMap((chunk) => readPacketChunk(chunk).packets);
  try {
    for await (const [block] of together([pcm], (BLOCK_MS / 1000) * OPUS_RATE)) {
      if (block) encoder.write(block);
      while (encoder.queuedSamples > LARGEST_QUEUE && chunks.length === 0 && !news.failure)
        await new Promise<void>((resolve) => (news.told = resolve));
      if (news.failure) throw news.failure;
      yield* packets();
      await pause();
    }
    await encoder.finish();
    yield* packets();
  } finally {
    encoder.close();
  }
}
