import { type LowPass, halfWidthOf, windowedSinc } from './kaiser-sinc.ts';

/**
 * The resampler's low-pass, laid out so that four neighbouring outputs are computed in one pass over the input. Sharing each input frame between four sums is 1.6 times as fast as four passes (measured,
 * `docs/decisions/0001-resampler.md`).
 */

/** Outputs computed in one pass. */
export const GROUP = 4;

/** Larger tables are not built: rates with no small common divisor interpolate a dense prototype instead. 4 MiB. */
const LARGEST_TABLE = 2 ** 20;

/** Points of the dense prototype per frame of the lower rate: interpolating between them errs by −102 dB at most. */
const DENSITY = 512;

/** Tables kept for the next resampler with the same rates. A session uses two or three pairs. */
const KEPT_FILTERS = 8;

/** A filter for one pair of rates: the weights of the input frames for each group of {@link GROUP} outputs. */
export interface PolyphaseFilter {
  /** Output and input rate divided by their greatest common divisor. */
  readonly up: number;
  readonly down: number;
  /** Frames before and after an output's own place that weigh in, at the input rate. */
  readonly halfWidth: number;
  /** Input frames that one group looks at. */
  readonly width: number;
  /** Rows of `width` times {@link GROUP} weights. */
  readonly weights: Float32Array;
  /** Where in `weights` the row of a group stands whose first output lies `phase / up` after an input frame. */
  row(phase: number): number;
}

const kept = new Map<string, PolyphaseFilter>();

/** The filter for a pair of rates in Hz. */
export function polyphaseFilter(inputRate: number, outputRate: number, lowPass: LowPass): PolyphaseFilter {
  const divisor = greatestCommonDivisor(inputRate, outputRate);
  const up = outputRate / divisor;
  const down = inputRate / divisor;
  const key = [down, up, lowPass.attenuationDb, lowPass.passBandEdge, lowPass.stopBandEdge].join(':');
  const filter = kept.get(key) ?? buildFilter(up, down, lowPass);
  // The least recently asked for goes first.
  kept.delete(key);
  kept.set(key, filter);
  for (const oldest of kept.keys()) {
    if (kept.size <= KEPT_FILTERS) break;
    kept.delete(oldest);
  }
  return filter;
}

type Sinc = (frames: number) => number;
type Layout = Pick<PolyphaseFilter, 'up' | 'down' | 'halfWidth' | 'width'>;

function buildFilter(up: number, down: number, lowPass: LowPass): PolyphaseFilter {
  const stretch = Math.max(1, down / up);
  const sinc = windowedSinc(lowPass);
  const halfWidth = Math.ceil(halfWidthOf(lowPass) * stretch);
  const width = 2 * halfWidth + Math.floor((up - 1 + (GROUP - 1) * down) / up);
  const layout = { up, down, halfWidth, width };
  // Groups advance by GROUP·down / up frames, so that they begin only at every `step`-th phase.
  const step = greatestCommonDivisor(GROUP, up);
  const isSmall = (up / step) * width * GROUP <= LARGEST_TABLE;
  return isSmall ? tableFilter(layout, stretch, step, sinc) : denseFilter(layout, stretch, sinc);
}

/** Every row is computed beforehand. */
function tableFilter(layout: Layout, stretch: number, step: number, sinc: Sinc): PolyphaseFilter {
  const { up, down, halfWidth, width } = layout;
  const rowLength = width * GROUP;
  const weights = new Float32Array((up / step) * rowLength);
  for (let phase = 0; phase < up; phase += step) {
    for (let output = 0; output < GROUP; output += 1) {
      const place = halfWidth - 1 + (phase + output * down) / up;
      const first = (phase / step) * rowLength + output;
      for (let frame = 0; frame < width; frame += 1) weights[first + frame * GROUP] = sinc((frame - place) / stretch);
      normalise(weights, first, width);
    }
  }
  return { ...layout, weights, row: (phase) => (phase / step) * rowLength };
}

/** Each row is interpolated when it is asked for. The one scratch row is used before anyone else can ask. */
function denseFilter(layout: Layout, stretch: number, sinc: Sinc): PolyphaseFilter {
  const { up, down, halfWidth, width } = layout;
  const density = Math.ceil(DENSITY / stretch);
  // The prototype by its places between two frames: what is interpolated together stands together.
  const taps = 2 * halfWidth;
  const dense = Float64Array.from({ length: (density + 1) * taps }, (_, index) =>
    sinc(((index % taps) + Math.floor(index / taps) / density - halfWidth) / stretch),
  );
  const weights = new Float32Array(width * GROUP);
  const row = (phase: number): number => {
    weights.fill(0);
    for (let output = 0; output < GROUP; output += 1) {
      const shift = (phase + output * down) / up;
      const first = Math.ceil(shift) - 1;
      const point = (first + 1 - shift) * density;
      const part = point - Math.floor(point);
      const from = Math.floor(point) * taps;
      for (let tap = 0; tap < taps && first + tap < width; tap += 1) {
        if (first + tap < 0) continue;
        const weight = dense[from + tap]!;
        weights[output + (first + tap) * GROUP] = weight + (dense[from + taps + tap]! - weight) * part;
      }
      normalise(weights, output, width);
    }
    return 0;
  };
  return { ...layout, weights, row };
}

/** Every phase passes a constant unchanged: otherwise 0 Hz would have images of its own. */
function normalise(weights: Float32Array, first: number, width: number): void {
  const end = first + width * GROUP;
  let sum = 0;
  for (let at = first; at < end; at += GROUP) sum += weights[at]!;
  for (let at = first; at < end; at += GROUP) weights[at] = weights[at]! / sum;
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}
