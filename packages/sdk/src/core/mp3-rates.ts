/** Every rate that MP3 has, in Hz. */
export const MP3_RATES: readonly number[] = [8_000, 11_025, 12_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000];

/** Of a channel, in bit/s. MP3 needs about twice what Opus does for the same speech. */
export const DEFAULT_MP3_BITRATE = 64_000;

/** The highest of them that is not above a rate. */
export function mp3RateBelow(sampleRate: number): number {
  return MP3_RATES.findLast((rate) => rate <= sampleRate) ?? 8_000;
}
