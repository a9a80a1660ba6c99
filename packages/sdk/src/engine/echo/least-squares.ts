import { correlate } from './correlate.ts';

/** The signals of one fit. `reference[lead + n - delay]` is what the bot played `delay` samples before `mic[n]`. */
export interface EchoSignals {
  mic: Float32Array;
  reference: Float32Array;
  lead: number;
}

/** A filter from the reference to the microphone: tap `i` is the gain at a delay of `delay + i` samples. */
export interface EchoPath {
  delay: number;
  taps: Float64Array;
}

/** A path that was fitted, and what it explains. */
export interface FittedPath extends EchoPath {
  /** Energy of the microphone: less by so much without what the path explains. */
  explained: number;
}

/** Keeps the fit from making much of what the reference hardly contains: as part of the reference's power. */
const RIDGE = 1e-3;

/** The filter of `length` taps from `delay` on that explains most of the microphone's energy; undefined without any. */
export function fitPath({ mic, reference, lead }: EchoSignals, delay: number, length: number): FittedPath | undefined {
  const matrix = covariance(reference, lead - delay, mic.length, length);
  const power = matrix[0] as number;
  if (!(power > 0)) return undefined;
  const ridge = RIDGE * power;
  for (let i = 0; i < length; i += 1) (matrix[i * length + i] as number) += ridge;
  const common = correlate(mic, reference, lead - delay, length);
  const taps = common.slice();
  if (!decompose(matrix, length)) return undefined;
  solve(matrix, taps, length);
  // Of the residual |m - Rx|², by what x solves: no need to compute it sample by sample.
  let explained = 0;
  for (let i = 0; i < length; i += 1)
    explained += (taps[i] as number) * ((common[i] as number) + ridge * (taps[i] as number));
  return { delay, taps, explained };
}

/** What the path does not explain of the microphone. */
export function residual({ mic, reference, lead }: EchoSignals, { delay, taps }: EchoPath): Float32Array {
  const rest = mic.slice();
  for (let i = 0; i < taps.length; i += 1) {
    const tap = taps[i] as number;
    const start = lead - delay - i;
    for (let n = 0; n < rest.length; n += 1) rest[n] = (rest[n] as number) - tap * (reference[start + n] as number);
  }
  return rest;
}

/**
 * Of the reference with itself, shifted by up to `length` samples: each entry from the one before it on its diagonal. The
 * matrix is symmetric, and only its lower half is filled.
 */
function covariance(reference: Float32Array, start: number, count: number, length: number): Float64Array {
  const matrix = new Float64Array(length * length);
  const first = correlate(reference.subarray(start, start + count), reference, start, length);
  for (let i = 0; i < length; i += 1) {
    const row = i * length;
    matrix[row] = first[i] as number;
    const entering = reference[start - i] as number;
    const leaving = reference[start + count - i] as number;
    for (let j = 1; j <= i; j += 1)
      matrix[row + j] =
        (matrix[row - length + j - 1] as number) +
        entering * (reference[start - j] as number) -
        leaving * (reference[start + count - j] as number);
  }
  return matrix;
}

/** Cholesky, in place, of the lower half. Four rows at once: no sum waits for another. False when it is singular. */
function decompose(matrix: Float64Array, size: number): boolean {
  for (let j = 0; j < size; j += 1) {
    const row = j * size;
    let pivot = matrix[row + j] as number;
    for (let k = 0; k < j; k += 1) pivot -= (matrix[row + k] as number) ** 2;
    if (!(pivot > 0)) return false;
    const root = Math.sqrt(pivot);
    matrix[row + j] = root;
    let i = j + 1;
    for (; i + 3 < size; i += 4) fourRows(matrix, size, j, i, root);
    for (; i < size; i += 1) {
      let sum = matrix[i * size + j] as number;
      for (let k = 0; k < j; k += 1) sum -= (matrix[i * size + k] as number) * (matrix[row + k] as number);
      matrix[i * size + j] = sum / root;
    }
  }
  return true;
}

/** Column `j` of the rows from `i` on. */
function fourRows(matrix: Float64Array, size: number, j: number, i: number, root: number): void {
  const row = j * size;
  const [a, b, c, d] = [i * size, (i + 1) * size, (i + 2) * size, (i + 3) * size];
  let one = matrix[a + j] as number;
  let two = matrix[b + j] as number;
  let three = matrix[c + j] as number;
  let four = matrix[d + j] as number;
  for (let k = 0; k < j; k += 1) {
    const factor = matrix[row + k] as number;
    one -= (matrix[a + k] as number) * factor;
    two -= (matrix[b + k] as number) * factor;
    three -= (matrix[c + k] as number) * factor;
    four -= (matrix[d + k] as number) * factor;
  }
  matrix[a + j] = one / root;
  matrix[b + j] = two / root;
  matrix[c + j] = three / root;
  matrix[d + j] = four / root;
}

/** By what `decompose` left, in place: `right` becomes the solution. */
function solve(matrix: Float64Array, right: Float64Array, size: number): void {
  for (let i = 0; i < size; i += 1) {
    let sum = right[i] as number;
    for (let k = 0; k < i; k += 1) sum -= (matrix[i * size + k] as number) * (right[k] as number);
    right[i] = sum / (matrix[i * size + i] as number);
  }
  for (let i = size - 1; i >= 0; i -= 1) {
    right[i] = (right[i] as number) / (matrix[i * size + i] as number);
    for (let k = 0; k < i; k += 1) (right[k] as number) -= (matrix[i * size + k] as number) * (right[i] as number);
  }
}
