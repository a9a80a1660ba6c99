import { type G711Law, decodeG711 } from '../../codecs/g711.ts';

/** Noise has a roughness of 2, speech well below 1. Louder than this is what a wrong reading sounds like. */
const NOISE = 1.1;
const SPEECH = 0.7;

/** Fewer bytes do not tell. A quarter of a second at 8 kHz. */
const FEWEST_BYTES = 2000;

/**
 * Whether bytes that are labelled PCM16 are G.711: read as PCM16 they are noise, read as G.711 they are a voice. Undefined:
 * they are what the label says, or it cannot be told.
 */
export function disguisedAs(bytes: Uint8Array): G711Law | undefined {
  if (bytes.length < FEWEST_BYTES) return undefined;
  // A copy: the samples of a file need not begin at an even address.
  if (roughness(new Int16Array(bytes.slice(0, bytes.length & ~1).buffer)) < NOISE) return undefined;
  const readings = (['mulaw', 'alaw'] as const).map((law) => ({
    law,
    rough: roughness(decodeG711(bytes, law)),
  }));
  const [best] = readings.sort((one, other) => one.rough - other.rough);
  return best && best.rough < SPEECH ? best.law : undefined;
}

/** The energy of the differences from sample to sample, to that of the samples: 2 for white noise, small for a smooth wave. */
function roughness(samples: Int16Array): number {
  let energy = 0;
  let differences = 0;
  let before = 0;
  for (const sample of samples) {
    energy += sample * sample;
    differences += (sample - before) ** 2;
    before = sample;
  }
  return energy === 0 ? 0 : differences / energy;
}
