/** G.711, for finding out what bytes really are. */

export type Companding = 'mulaw' | 'alaw';

/** One byte of G.711 as PCM16. */
export function expand(law: Companding, byte: number): number {
  return law === 'mulaw' ? expandMulaw(byte) : expandAlaw(byte);
}

function expandMulaw(byte: number): number {
  const code = ~byte & 0xff;
  const magnitude = ((((code & 0x0f) << 3) + 0x84) << ((code & 0x70) >> 4)) - 0x84;
  return (code & 0x80) === 0 ? magnitude : -magnitude;
}

function expandAlaw(byte: number): number {
  const code = byte ^ 0x55;
  const exponent = (code & 0x70) >> 4;
  const mantissa = (code & 0x0f) << 4;
  const magnitude = exponent === 0 ? mantissa + 8 : (mantissa + 0x108) << (exponent - 1);
  return (code & 0x80) === 0 ? -magnitude : magnitude;
}

/** Noise has a roughness of 2, speech well below 1. Louder than this is what a wrong reading sounds like. */
const NOISE = 1.1;
const SPEECH = 0.7;

/** Fewer bytes do not tell. A quarter of a second at 8 kHz. */
const FEWEST_BYTES = 2000;

/**
 * Whether bytes that are labelled PCM16 are G.711: read as PCM16 they are noise, read as G.711 they are a voice. Undefined:
 * they are what the label says, or it cannot be told.
 */
export function disguisedAs(bytes: Uint8Array): Companding | undefined {
  if (bytes.length < FEWEST_BYTES) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const asPcm = roughness(Math.floor(bytes.length / 2), (index) => view.getInt16(index * 2, true));
  if (asPcm < NOISE) return undefined;
  const readings = (['mulaw', 'alaw'] as const).map((law) => ({
    law,
    rough: roughness(bytes.length, (index) => expand(law, bytes[index] ?? 0)),
  }));
  const [best] = readings.sort((one, other) => one.rough - other.rough);
  return best && best.rough < SPEECH ? best.law : undefined;
}

/** The energy of the differences from sample to sample, to that of the samples: 2 for white noise, small for a smooth wave. */
function roughness(count: number, sample: (index: number) => number): number {
  let energy = 0;
  let differences = 0;
  let before = 0;
  for (let index = 0; index < count; index += 1) {
    const value = sample(index);
    energy += value * value;
    differences += (value - before) ** 2;
    before = value;
  }
  return energy === 0 ? 0 : differences / energy;
}
