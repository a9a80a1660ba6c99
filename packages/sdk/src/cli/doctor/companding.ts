import { type G711Law, decodeG711 } from '../../codecs/g711.ts';

/**
 * Of G.711 every byte is a sample, so that those at even places are as those at odd ones; of PCM16 the one half is the
 * coarse shape and the other the fine. Over 100 recordings of each: at most 0.13 against at least 0.2. Then what is read as
 * G.711 must be smooth: 0.77 at most, PCM16 in that reading 0.98 at least. docs/decisions/0039-what-is-g711.md.
 */
const LARGEST_DIFFERENCE = 0.17;
const ROUGHEST = 0.88;

/** Of G.711 read as PCM16, −20 dBFS, which even a quiet voice exceeds by far: a silence with dither can look like anything. */
const LOUD = 3000;

/** Fewer bytes do not tell. Half a second at 8 kHz. */
const FEWEST_BYTES = 4000;

/** Whether bytes that are labelled PCM16 are G.711. Undefined: they are what the label says, or it cannot be told. */
export function disguisedAs(bytes: Uint8Array): G711Law | undefined {
  if (bytes.length < FEWEST_BYTES || halvesDiffer(bytes) > LARGEST_DIFFERENCE) return undefined;
  // A copy: the samples of a file need not begin at an even address.
  if (roughness(new Int16Array(bytes.slice(0, bytes.length & ~1).buffer)).rms < LOUD) return undefined;
  const readings = (['mulaw', 'alaw'] as const).map((law) => ({
    law,
    rough: roughness(decodeG711(bytes, law)).rough,
  }));
  const [best] = readings.sort((one, other) => one.rough - other.rough);
  return best && best.rough < ROUGHEST ? best.law : undefined;
}

/** How differently the values are spread over even and odd places: 0, alike; 1, no value occurs in both. */
function halvesDiffer(bytes: Uint8Array): number {
  const counts = new Int32Array(256);
  for (const [index, byte] of bytes.entries()) counts[byte] = (counts[byte] ?? 0) + (index % 2 === 0 ? 1 : -1);
  return counts.reduce((sum, count) => sum + Math.abs(count), 0) / bytes.length;
}

/**
 * The energy of the differences from sample to sample, to that of the samples: 2 for white noise, small for a smooth wave.
 * Without their mean: bytes that hardly change are no voice in any reading.
 */
function roughness(samples: Int16Array): { rough: number; rms: number } {
  const mean = samples.reduce((sum, sample) => sum + sample, 0) / samples.length;
  let energy = 0;
  let differences = 0;
  let before = 0;
  for (const sample of samples) {
    const value = sample - mean;
    energy += value * value;
    differences += (value - before) ** 2;
    before = value;
  }
  return { rough: energy === 0 ? Infinity : differences / energy, rms: Math.sqrt(energy / samples.length) };
}
