import { HALF_WIDTH, interpolatedSinc, windowedSinc } from './kaiser-sinc.ts';

/**
 * The resampler's low-pass, laid out so that four neighbouring outputs are computed in one pass over the input. Sharing each input frame between four sums is 1.6 times as fast as four passes (measured,
 * `docs/decisions/0001-resampler.md`).
 */

/** Outputs computed in one pass. */
export const GROUP = 4;

/** Larger tables are not built: rates with no small common divisor interpolate a dense prototype instead. 4 MiB. */
const LARGEST_TABLE = 2 ** 20;

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
export function polyphaseFilter(inputRate: number, outputRate: number): PolyphaseFilter {
  const divisor = greatestCommonDivisor(inputRate, outputRate);
  const up = outputRate / divisor;
  const down = inputRate / divisor;
  const key = `${down}:${up}`;
  const filter = kept.get(key) ?? buildFilter(up, down);
  // The least recently asked for goes first.
  kept.delete(key);
  kept.set(key, filter);
  for (const oldest of kept.keys()) {
    if (kept.size <= KEPT_FILTERS) break;
    kept.delete(oldest);
  }
  return filter;
}

function buildFilter(up: number, down: number): PolyphaseFilter {
  const stretch = Math.max(1, down / up);
  const halfWidth = Math.ceil(HALF_WIDTH * stretch);
  const width = 2 * halfWidth + Math.floor((up - 1 + (GROUP - 1) * down) / up);
  const layout = { up, down, halfWidth, width };
  // Groups advance by GROUP·down / up frames, so that they begin only at every `step`-th phase.
  const step = greatestCommonDivisor(GROUP, up);
  const rows = up / step;
  const rowLength = width * GROUP;
  if (rows * rowLength > LARGEST_TABLE) {
    const weights = new Float32Array(rowLength);
    const impulse = (frames: number): number => interpolatedSinc(frames / stretch);
    const row = (phase: number): number => fillRow(weights, 0, layout, phase, impulse);
    // One scratch row is shared: a resampler asks for a row and uses it before anyone else can ask.
    return { ...layout, weights, row };
  }
  const weights = new Float32Array(rows * rowLength);
  const impulse = (frames: number): number => windowedSinc(frames / stretch);
  for (let index = 0; index < rows; index += 1) fillRow(weights, index * rowLength, layout, index * step, impulse);
  return { ...layout, weights, row: (phase) => (phase / step) * rowLength };
}

function fillRow(
  weights: Float32Array,
  offset: number,
  layout: Pick<PolyphaseFilter, 'up' | 'down' | 'halfWidth' | 'width'>,
  phase: number,
  impulse: (frames: number) => number,
): number {
  const { up, down, halfWidth, width } = layout;
  for (let output = 0; output < GROUP; output += 1) {
    const place = halfWidth - 1 + (phase + output * down) / up;
    let sum = 0;
    for (let frame = 0; frame < width; frame += 1) {
      const weight = impulse(frame - place);
      weights[offset + frame * GROUP + output] = weight;
      sum += weight;
    }
    // Every phase passes a constant unchanged: otherwise 0 Hz would have images of its own.
    for (let frame = 0; frame < width; frame += 1) {
      const at = offset + frame * GROUP + output;
      weights[at] = (weights[at] ?? 0) / sum;
    }
  }
  return offset;
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}
