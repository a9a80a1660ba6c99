/** The four bytes before a frame of MPEG audio layer III (ISO 11172-3, 13818-3), and the unofficial MPEG 2.5. */

/** What a header says. */
export interface Mp3Header {
  /** 1: 32 kHz and above, two granules in a frame. 2 and 2.5: below, one granule. */
  mpeg: 1 | 2 | 2.5;
  /** In Hz. */
  sampleRate: number;
  /** bit/s. */
  bitrate: number;
  numChannels: 1 | 2;
  /** One byte more in this frame, so that 44.1 kHz comes out at the declared rate. */
  padded: boolean;
}

/** Bytes of the header itself. */
export const HEADER_BYTES = 4;

/** Samples of a granule; a frame has two of them, or one below 32 kHz. */
export const GRANULE = 576;

/** kbit/s by index; 0 is the free format, which nobody writes. */
const KILOBITS_1 = [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320] as const;
const KILOBITS_2 = [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160] as const;
const RATES_1 = [44_100, 48_000, 32_000] as const;

const MPEG_BITS = { 1: 3, 2: 2, 2.5: 0 } as const;
const RATE_DIVISOR = { 1: 1, 2: 2, 2.5: 4 } as const;
const LAYER_3 = 1;
const MONO = 3;
const JOINT_STEREO = 1;

/** The standard's number for a rate: 32 kHz and more are MPEG 1, 16 kHz and more MPEG 2. */
export function mpegOf(sampleRate: number): Mp3Header['mpeg'] {
  if (sampleRate >= 32_000) return 1;
  return sampleRate >= 16_000 ? 2 : 2.5;
}

const kilobitsOf = (mpeg: Mp3Header['mpeg']): readonly number[] => (mpeg === 1 ? KILOBITS_1 : KILOBITS_2);

/** The bitrates that frames of this rate can have, in bit/s. */
export function mp3Bitrates(sampleRate: number): number[] {
  return kilobitsOf(mpegOf(sampleRate))
    .slice(1)
    .map((kilobits) => kilobits * 1000);
}

/** Samples of one frame. */
export function frameSamples({ mpeg }: Pick<Mp3Header, 'mpeg'>): number {
  return mpeg === 1 ? 2 * GRANULE : GRANULE;
}

/** Bytes of one frame, its header included. */
export function frameBytes(header: Mp3Header): number {
  return Math.floor((frameSamples(header) / 8) * (header.bitrate / header.sampleRate)) + (header.padded ? 1 : 0);
}

/** Bytes between the header and the main data: where it begins, and how each granule is coded. */
export function sideInfoBytes({ mpeg, numChannels }: Mp3Header): number {
  if (mpeg === 1) return numChannels === 1 ? 17 : 32;
  return numChannels === 1 ? 9 : 17;
}

/** The header at a place, or undefined: none begins there, or one of a kind that our encoder does not write. */
export function readMp3Header(bytes: Uint8Array, at = 0): Mp3Header | undefined {
  const [first = 0, second = 0, third = 0, fourth = 0] = bytes.subarray(at, at + HEADER_BYTES);
  if (first !== 0xff || second >> 5 !== 7) return undefined;
  const mpeg = ([2.5, undefined, 2, 1] as const)[(second >> 3) & 3];
  const isPlain = ((second >> 1) & 3) === LAYER_3 && (second & 1) === 1;
  const rate = RATES_1[(third >> 2) & 3];
  const kilobits = mpeg && kilobitsOf(mpeg)[third >> 4];
  if (!mpeg || !isPlain || !rate || !kilobits) return undefined;
  const sampleRate = rate / RATE_DIVISOR[mpeg];
  const numChannels = fourth >> 6 === MONO ? 1 : 2;
  return { mpeg, sampleRate, bitrate: kilobits * 1000, numChannels, padded: (third & 2) !== 0 };
}

/** The header as bytes: layer III, no checksum, no copyright. */
export function writeMp3Header(header: Mp3Header): Uint8Array<ArrayBuffer> {
  const { mpeg, sampleRate, bitrate, numChannels, padded } = header;
  const rate = RATES_1.findIndex((each) => each === sampleRate * RATE_DIVISOR[mpeg]);
  const kilobits = kilobitsOf(mpeg).indexOf(bitrate / 1000);
  return Uint8Array.of(
    0xff,
    0xe0 | (MPEG_BITS[mpeg] << 3) | (LAYER_3 << 1) | 1,
    (kilobits << 4) | (rate << 2) | (padded ? 2 : 0),
    (numChannels === 1 ? MONO : JOINT_STEREO) << 6,
  );
}
