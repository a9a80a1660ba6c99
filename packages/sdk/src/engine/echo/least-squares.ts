import { dot } from './dot.ts';

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

/** Keeps the fit from making much of what the reference hardly contains: as part of the reference's power. */
const RIDGE = 1e-3;

/** The filter of `length` taps from `delay` on that explains most of the microphone's energy; undefined without any. */
export function fitPath({ mic, reference, lead }: EchoSignals, delay: number, length: number): EchoPath | undefined {
  const matrix = covariance(reference, lead - delay, mic.length, length);
  const power = matrix[0] as number;
  if (!(power > 0)) return undefined;
  for (let i = 0; i < length; i += 1) (matrix[i * length + i] as number) += RIDGE * power;
  const taps = new Float64Array(length);
  for (let i = 0; i < length; i += 1) taps[i] = dot(mic, reference, lead - delay - i);
  return solve(matrix, taps, length) ? { delay, taps } : undefined;
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

/** Of the reference with itself, shifted by up to `length` samples: each entry from the one before it on its diagonal. */
function covariance(reference: Float32Array, start: number, count: number, length: number): Float64Array {
  const matrix = new Float64Array(length * length);
  const first = reference.subarray(start, start + count);
  for (let j = 0; j < length; j += 1) {
    const sum = dot(first, reference, start - j);
    matrix[j] = sum;
    matrix[j * length] = sum;
  }
  for (let i = 1; i < length; i += 1)
    for (let j = i; j < length; j += 1) {
      const entering = (reference[start - i] as number) * (reference[start - j] as number);
      const leaving = (reference[start + count - i] as number) * (reference[start + count - j] as number);
      const value = (matrix[(i - 1) * length + j - 1] as number) + entering - leaving;
      matrix[i * length + j] = value;
      matrix[j * length + i] = value;
    }
  return matrix;
}

/** Cholesky, in place: `right` becomes the solution. False when the matrix is singular. */
function solve(matrix: Float64Array, right: Float64Array, size: number): boolean {
  for (let j = 0; j < size; j += 1) {
    for (let i = j; i < size; i += 1) {
      let sum = matrix[i * size + j] as number;
      for (let k = 0; k < j; k += 1) sum -= (matrix[i * size + k] as number) * (matrix[j * size + k] as number);
      if (i > j) matrix[i * size + j] = sum / (matrix[j * size + j] as number);
      else if (sum > 0) matrix[j * size + j] = Math.sqrt(sum);
      else return false;
    }
  }
  for (let i = 0; i < size; i += 1) {
    let sum = right[i] as number;
    for (let k = 0; k < i; k += 1) sum -= (matrix[i * size + k] as number) * (right[k] as number);
    right[i] = sum / (matrix[i * size + i] as number);
  }
  for (let i = size - 1; i >= 0; i -= 1) {
    let sum = right[i] as number;
    for (let k = i + 1; k < size; k += 1) sum -= (matrix[k * size + i] as number) * (right[k] as number);
    right[i] = sum / (matrix[i * size + i] as number);
  }
  return true;
}
