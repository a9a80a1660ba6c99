import { expect, test } from 'vitest';
import { assembleFile } from './assemble-file.ts';
import { createSegmentEncoder } from './segment-encoder.ts';
import { silenceFile } from './silence.ts';

const RATE = 48_000;

/** Voiced, with breath in it: harmonics of a pitch that moves, under an envelope of syllables. */
function voice(frames: number): Float32Array {
  let phase = 0;
  let noise = 1;
  return Float32Array.from({ length: frames }, (_, n) => {
    const seconds = n / RATE;
    phase += (2 * Math.PI * (130 + 30 * Math.sin(2 * Math.PI * 0.7 * seconds))) / RATE;
    noise = (noise * 16_807) % 2_147_483_647;
    const hiss = (noise / 2_147_483_647 - 0.5) * 0.05;
    const tone = Array.from({ length: 20 }, (_, k) => Math.sin((k + 1) * phase) / (k + 2)).reduce((a, b) => a + b, 0);
    return (0.25 * tone + hiss) * (0.6 + 0.4 * Math.sin(2 * Math.PI * 3 * seconds));
  });
}

async function encode(input: Float32Array, bitrate: number): Promise<Uint8Array<ArrayBuffer>> {
  const chunks: ArrayBuffer[] = [];
  const encoder = createSegmentEncoder({
    format: 'opus',
    sampleRate: RATE,
    bitrate,
    chunkMs: 60,
    onChunk: (chunk) => chunks.push(chunk),
    onError: (error) => expect.fail(error.message),
  });
  encoder.write(input);
  await encoder.finish();
  return assembleFile({ format: 'opus', sampleRate: RATE, chunks }).file;
}

const decode = async (file: Uint8Array<ArrayBuffer>): Promise<Float32Array> =>
  (await new OfflineAudioContext(1, 1, RATE).decodeAudioData(file.slice().buffer)).getChannelData(0);

function rmsDb(samples: Float32Array): number {
  return 10 * Math.log10(samples.reduce((sum, each) => sum + each * each, 0) / samples.length);
}

test.each([
  [32_000, 96_000, 144_000],
  [32_000, 96_480, 143_990],
  [32_000, 95_800, 96_100],
  [128_000, 96_001, 150_003],
])(
  '[REDACT-4] at %i bit/s the range %i … %i is digital silence, nothing before it changes, and the sound after it is back within 200 ms',
  async (bitrate, from, to) => {
    const file = await encode(voice(240_000), bitrate);
    const redacted = silenceFile('opus', file, { from, to });
    const [before, after] = [await decode(file), await decode(redacted!)];
    expect(after).toHaveLength(before.length);
    // A decoder adds 1e-30 to keep clear of denormal numbers: that is all that may be there.
    expect(after.subarray(from, to).every((sample) => Math.abs(sample) < 1e-6)).toBe(true);
    // The first packet replaced begins at most a packet and the encoder's look-ahead before the range.
    const untouched = Math.floor(from / 960) * 960 - 312;
    expect(after.subarray(0, untouched)).toEqual(before.subarray(0, untouched));
    const packetAfter = Math.ceil((to + 312) / 960) * 960 - 312;
    // What the packets after it were predicted from is gone: the decoder finds its way back in steps.
    const off = (packets: [number, number]): number => {
      const [start, end] = packets.map((count) => packetAfter + count * 960);
      const wrong = before.slice(start, end).map((sample, index) => sample - (after[start! + index] ?? 0));
      return rmsDb(wrong) - rmsDb(before.slice(start, end));
    };
    expect(off([5, 10])).toBeLessThan(-10);
    expect(off([10, 80])).toBeLessThan(-30);
  },
);
