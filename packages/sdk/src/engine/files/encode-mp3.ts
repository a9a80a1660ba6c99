import { type Mp3Engine, type Mp3Settings, nearestBitrate } from '../../codecs/mp3/mp3-engine.ts';
import { Mp3Stream } from '../../codecs/mp3/mp3-stream.ts';
import { pause } from '../pause.ts';
import type { FileBytes } from './encode-file.ts';
import { type Pcm, together } from './placed.ts';

/** LAME works on our thread: less in one go than where the browser encodes. */
const BLOCK_MS = 100;

/** How a file is encoded. `bitrate`: bit/s for each channel. */
export function mp3Settings(numChannels: 1 | 2, sampleRate: number, bitrate: number): Mp3Settings {
  return { numChannels, sampleRate, bitrate: nearestBitrate(sampleRate, bitrate * numChannels) };
}

/** MP3 of a constant bitrate, its Info frame first: it decodes to exactly `samples` of each channel. */
export async function* mp3File(
  channels: readonly Pcm[],
  { engine, settings, samples }: { engine: Mp3Engine; settings: Mp3Settings; samples: number },
): FileBytes {
  const stream = new Mp3Stream(settings, samples);
  const encoding = await engine.open(settings);
  try {
    yield stream.head;
    for await (const block of together(channels, Math.round((BLOCK_MS / 1000) * settings.sampleRate))) {
      const frames = stream.take(encoding.encode(block));
      if (frames.length > 0) yield frames;
      await pause();
    }
    const silence = new Float32Array(stream.tailSamples);
    yield stream.take(encoding.encode(channels.map(() => silence)));
    yield stream.take(encoding.finish());
  } finally {
    encoding.close();
    for (const channel of channels) await channel.return();
  }
}
