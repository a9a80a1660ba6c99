/** In seconds. Each is at most twice and a half the one before, so that the longest tape is never a short one. */
const SCALES_S = [4, 10, 20, 30, 60, 120, 300, 600, 1200, 1800, 3600];

/**
 * How much a whole row of tape stands for, when this is the longest turn. In steps: what grows with each moment would
 * have every row drawn anew at each.
 */
export function tapeScaleMs(longestMs: number): number {
  const scale = SCALES_S.find((seconds) => seconds * 1000 >= longestMs);
  return scale === undefined ? longestMs : scale * 1000;
}
