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
