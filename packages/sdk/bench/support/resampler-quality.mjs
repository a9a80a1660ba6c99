/** Measures a resampler by the tones that come out of it. */

const RATES = [8_000, 16_000, 22_050, 24_000, 44_100, 48_000, 96_000];

/** Every pair of the rates that voice is recorded and spoken at, in Hz. */
export const PAIRS = RATES.flatMap((from) => RATES.filter((to) => to !== from).map((to) => [from, to]));

/** The level of a full-scale sine. */
const SINE_RMS = Math.SQRT1_2;

/** Tones in the pass band, as parts of its width, and above it, as parts of the lower Nyquist frequency. */
const PASS_BAND = [0.014, 0.23, 0.52, 0.76, 0.92, 1];
const TRANSITION = [0.94, 0.98, 0.9999];
/** Tones that must vanish, as parts of the way from the output's Nyquist frequency to the input's. */
const STOP_BAND = [0, 0.01, 0.03, 0.07, 0.13, 0.3, 0.61, 0.97];

/**
 * @param {(from: number, to: number) => import('./resampler-quality.d.mts').MeasuredResampler} create
 * @param {number} from
 * @param {number} to
 * @param {number} passBandEdge as a part of the lower Nyquist frequency
 */
export function measureResampler(create, from, to, passBandEdge = 0.9) {
  const nyquist = Math.min(from, to) / 2;
  const seconds = 1_600 / nyquist;
  const through = (/** @type {number} */ hertz) => {
    const resampler = create(from, to);
    const body = resampler.process(tone(from, hertz, seconds));
    return Float32Array.of(...body, ...resampler.flush());
  };
  let passBandDb = 0;
  let phase = 0;
  let rejectionDb = Infinity;
  for (const part of [...PASS_BAND.map((each) => each * passBandEdge), ...TRANSITION]) {
    const hertz = nyquist * part;
    const { inPhase, quadrature, restRms } = analyse(through(hertz), to, hertz);
    // Beside the tone there may be nothing: whatever is there is an image or an alias of it.
    rejectionDb = Math.min(rejectionDb, -decibels(restRms / SINE_RMS));
    if (TRANSITION.includes(part)) continue;
    passBandDb = Math.max(passBandDb, Math.abs(decibels(Math.hypot(inPhase, quadrature))));
    phase = Math.max(phase, Math.abs(Math.atan2(quadrature, inPhase)));
  }
  for (const part of to < from ? STOP_BAND : []) {
    const { rms } = analyse(through(to / 2 + ((from - to) / 2) * part + 1), to, 1_000);
    rejectionDb = Math.min(rejectionDb, -decibels(rms / SINE_RMS));
  }
  return { from, to, passBandDb, rejectionDb, phase, lookAheadMs: create(from, to).lookAheadMs };
}

function tone(rate, hertz, seconds) {
  return Float32Array.from({ length: Math.round(rate * seconds) }, (_, n) =>
    Math.sin((2 * Math.PI * hertz * n) / rate),
  );
}

function decibels(ratio) {
  return 20 * Math.log10(Math.max(ratio, 1e-12));
}

/** The tone of this frequency in the middle of the signal (in phase, in quadrature), and what else there is. */
function analyse(samples, rate, hertz) {
  const skipped = Math.floor(samples.length / 5);
  let [ss, sc, cc, sy, cy, yy] = [0, 0, 0, 0, 0, 0];
  for (let n = skipped; n < samples.length - skipped; n += 1) {
    const angle = (2 * Math.PI * hertz * n) / rate;
    const [s, c, y] = [Math.sin(angle), Math.cos(angle), samples[n]];
    ss += s * s;
    sc += s * c;
    cc += c * c;
    sy += s * y;
    cy += c * y;
    yy += y * y;
  }
  const determinant = ss * cc - sc * sc;
  const inPhase = (sy * cc - cy * sc) / determinant;
  const quadrature = (cy * ss - sy * sc) / determinant;
  const count = samples.length - 2 * skipped;
  const rest = Math.max(0, yy - inPhase * sy - quadrature * cy);
  return { inPhase, quadrature, restRms: Math.sqrt(rest / count), rms: Math.sqrt(yy / count) };
}
