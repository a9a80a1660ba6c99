/** G.711: telephone speech, one byte a sample, in North America's companding (µ-law) and the rest of the world's (A-law). */

/** Which companding. */
export type G711Law = 'mulaw' | 'alaw';

/** µ-law adds this before it takes the logarithm. */
const BIAS = 0x84;

function decodeMulaw(code: number): number {
  const inverted = ~code & 0xff;
  const magnitude = ((((inverted & 0x0f) << 3) + BIAS) << ((inverted & 0x70) >> 4)) - BIAS;
  return inverted & 0x80 ? -magnitude : magnitude;
}

function decodeAlaw(code: number): number {
  const toggled = code ^ 0x55;
  const segment = (toggled & 0x70) >> 4;
  const mantissa = ((toggled & 0x0f) << 1) + 1;
  const magnitude = segment === 0 ? mantissa << 3 : (mantissa + 32) << (segment + 2);
  return toggled & 0x80 ? magnitude : -magnitude;
}

const TABLES: Readonly<Record<G711Law, Int16Array>> = {
  mulaw: Int16Array.from({ length: 256 }, (_, code) => decodeMulaw(code)),
  alaw: Int16Array.from({ length: 256 }, (_, code) => decodeAlaw(code)),
};

/** The samples of so many codes, at 16 bits: to the bit what ffmpeg makes of them. */
export function decodeG711(codes: Uint8Array, law: G711Law): Int16Array<ArrayBuffer> {
  const table = TABLES[law];
  return Int16Array.from(codes, (code) => table[code] ?? 0);
}

/** The code of every sample of 16 bits, by law, made when it is first asked for. */
const CODES: Partial<Record<G711Law, Uint8Array>> = {};

/** Samples of 16 bits as codes: each the nearest that there is, so that what was decoded comes out as it was. */
export function encodeG711(samples: Int16Array, law: G711Law): Uint8Array<ArrayBuffer> {
  const codes = (CODES[law] ??= nearestCodes(TABLES[law]));
  return Uint8Array.from(samples, (sample) => codes[sample + 32_768] ?? 0);
}

function nearestCodes(values: Int16Array): Uint8Array {
  const valueOf = (code: number): number => values[code] ?? 0;
  // Of two codes for one value, µ-law's two zeros, the higher: what G.711 calls positive.
  const sorted = Array.from(values, (_value, code) => code).sort(
    (one, other) => valueOf(one) - valueOf(other) || one - other,
  );
  let at = 0;
  return Uint8Array.from({ length: 65_536 }, (_, index) => {
    const sample = index - 32_768;
    const distance = (place: number): number => Math.abs(valueOf(sorted[place] ?? 0) - sample);
    while (at + 1 < sorted.length && distance(at + 1) <= distance(at)) at += 1;
    return sorted[at] ?? 0;
  });
}
