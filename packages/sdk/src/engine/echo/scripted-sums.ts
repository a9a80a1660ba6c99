import { correlate } from './correlate.ts';
import { type EchoSums, explainedBy, type Fit, PIECE, RIDGE } from './echo-sums.ts';
import { likelyDelays } from './scripted-delays.ts';

/** The sums of the echo score in JavaScript: where WebAssembly is not allowed, or has no SIMD. */
export const scriptedSums: EchoSums = { likelyDelays, filter, residual, power, spread, fit };

function filter(samples: Float32Array, weights: Float32Array, step: number, count: number): Float32Array {
  const out = new Float32Array(count);
  const whole = weights.length - (weights.length % 2);
  const odd = whole < weights.length ? (weights[whole] as number) : 0;
  for (let at = 0; at < count; at += 1) {
    const start = at * step;
    // Two sums at once: one alone waits for each of its additions.
    let [even, other] = [odd === 0 ? 0 : odd * (samples[start + whole] as number), 0];
    for (let tap = 0; tap < whole; tap += 2) {
      even += (weights[tap] as number) * (samples[start + tap] as number);
      other += (weights[tap + 1] as number) * (samples[start + tap + 1] as number);
    }
    out[at] = even + other;
  }
  return out;
}

function residual(mic: Float32Array, played: Float32Array, weights: Float32Array): Float32Array {
  const left = filter(played, weights, 1, mic.length);
  for (let n = 0; n < left.length; n += 1) left[n] = (mic[n] as number) - (left[n] as number);
  return left;
}

function power(samples: Float32Array): number {
  let sum = 0;
  for (let n = 0; n < samples.length; n += 1) sum += (samples[n] as number) ** 2;
  return samples.length > 0 ? sum / samples.length : 0;
}

function spread(samples: Float32Array): number {
  let [sum, squares] = [0, 0];
  for (let at = 0; at < samples.length; at += PIECE) {
    const ofPiece = power(samples.subarray(at, at + PIECE));
    sum += ofPiece;
    squares += ofPiece * ofPiece;
  }
  return squares > 0 ? ((sum * sum) / squares) * PIECE : samples.length;
}

function fit(mic: Float32Array, reference: Float32Array, start: number, size: number): Fit | undefined {
  const matrix = covariance(reference, start, mic.length, size);
  const kept = RIDGE * (matrix[0] as number);
  if (!(kept > 0)) return undefined;
  for (let i = 0; i < size; i += 1) (matrix[i * size + i] as number) += kept;
  const common = Float64Array.from(correlate(mic, reference, start, size));
  if (!decompose(matrix, size)) return undefined;
  const weights = common.slice();
  solve(matrix, weights, size);
  return { weights, explained: explainedBy(weights, common, kept) };
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
