/** The low-pass under the resampler: a Kaiser-windowed sinc. Distances are in frames of the lower of the two rates. */

/** Stop-band attenuation that the window is designed for, in dB. What is measured at all pairs of rates is above 80. */
const DESIGN_ATTENUATION_DB = 83;

/** The pass band ends and the stop band begins here, as parts of the lower of the two Nyquist frequencies. */
const PASS_BAND_EDGE = 0.9;
const STOP_BAND_EDGE = 1;

/** Kaiser's formula for the window's shape. */
const KAISER_BETA = 0.1102 * (DESIGN_ATTENUATION_DB - 8.7);
/** Half the window's length: beyond it the prototype is zero. */
export const HALF_WIDTH = (DESIGN_ATTENUATION_DB - 7.95) / (14.36 * ((STOP_BAND_EDGE - PASS_BAND_EDGE) / 2)) / 2;
/** Of the ideal low-pass, as a part of the lower Nyquist frequency. */
const CUT_OFF = (PASS_BAND_EDGE + STOP_BAND_EDGE) / 2;

/** The prototype at a distance from its centre. */
export function windowedSinc(frames: number): number {
  const edge = frames / HALF_WIDTH;
  if (Math.abs(edge) >= 1) return 0;
  const angle = Math.PI * CUT_OFF * frames;
  const sinc = angle === 0 ? 1 : Math.sin(angle) / angle;
  return sinc * besselI0(KAISER_BETA * Math.sqrt(1 - edge * edge));
}

/** The modified Bessel function of the first kind, order 0, by its power series. */
function besselI0(x: number): number {
  const quarter = (x * x) / 4;
  let term = 1;
  let sum = 1;
  for (let k = 1; term > sum * 1e-16; k += 1) {
    term *= quarter / (k * k);
    sum += term;
  }
  return sum;
}
