import { type G711Law, decodeG711 } from '../../codecs/g711.ts';

/** White noise has a roughness of 2, a voice 0.2 to 0.54, a voice in the wrong reading 1.1: docs/decisions/0023-doctor.md. */
const NOISE = 0.9;
const SPEECH = 0.7;

/** Of G.711 read as PCM16, −20 dBFS: a dithered silence is noise, too, and far below. */
const LOUD = 3000;

/** Fewer bytes do not tell. A quarter of a second at 8 kHz. */
const FEWEST_BYTES = 2000;

/**
 * Whether bytes that are labelled PCM16 are G.711: read as PCM16 they are noise, read as G.711 they are a voice. Undefined:
 * they are what the label says, or it cannot be told.
 */
export function disguisedAs(bytes: Uint8Array): G711Law | undefined {
  if (bytes.length < FEWEST_BYTES) return undefined;
  // A copy: the samples of a file need not begin at an even address.
  const asPcm = roughness(new Int16Array(bytes.slice(0, bytes.length & ~1).buffer));
  if (asPcm.rough < NOISE || asPcm.rms < LOUD) return undefined;
  const readings = (['mulaw', 'alaw'] as const).map((law) => ({
    law,
    rough: roughness(decodeG711(bytes, law)).rough,
  }));
  const [best] = readings.sort((one, other) => one.rough - other.rough);
  return best && best.rough < SPEECH ? best.law : undefined;
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
  return { rough: energy === 0 ? 0 : differences / energy, rms: Math.sqrt(energy / samples.length) };
}
