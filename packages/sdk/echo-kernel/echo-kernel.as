// What the echo score spends its time with, as WebAssembly: see docs/decisions/0087. AssemblyScript; `node echo-kernel/build.mjs` makes
// src/engine/echo/echo-kernel.wasm.ts of it. Places are bytes in the memory that is exported; nothing is checked here.

/** Energy below this is digital silence. */
const SILENT: f64 = 1e-12;

/**
 * The delays below `count` at which the reference (f32, with as many before it) resembles the microphone most, best first, as i32 in `found`:
 * by the square of the normalised correlation. Two of them lie more than `apart` from each other. Answers how many there are.
 */
export function likelyDelays(
  mic: usize,
  reference: usize,
  length: i32,
  count: i32,
  scores: usize,
  found: usize,
  wanted: i32,
  apart: i32,
): i32 {
  correlate(mic, reference, length, count, scores);
  let power = <f64>dot(reference, reference, length);
  for (let delay = 0; delay < count; delay += 1) {
    const place = scores + (<usize>delay << 2);
    const sum = <f64>load<f32>(place);
    store<f32>(place, power > SILENT ? <f32>((sum * sum) / power) : 0);
    const start = reference - (<usize>delay << 2);
    power += square(start - 4) - square(start + (<usize>(length - 1) << 2));
  }
  for (let each = 0; each < wanted; each += 1) {
    let best = -1;
    let most: f32 = 0;
    for (let delay = 0; delay < count; delay += 1) {
      const score = load<f32>(scores + (<usize>delay << 2));
      if (score > most) {
        most = score;
        best = delay;
      }
    }
    if (best < 0) return each;
    store<i32>(found + (<usize>each << 2), best);
    const last = min(count - 1, best + apart);
    for (let delay = max(0, best - apart); delay <= last; delay += 1) store<f32>(scores + (<usize>delay << 2), 0);
  }
  return wanted;
}

/** out[lag] = the sum of a[n] * b[n - lag] over n < length, for each lag < count: a and b f32, out f32. */
function correlate(a: usize, b: usize, length: i32, count: i32, out: usize): void {
  const whole = length & ~3;
  let lag = 0;
  // Four lags at once share every load of `a`, and no sum waits for the one before it.
  for (; lag + 3 < count; lag += 4) {
    const from = b - (<usize>lag << 2);
    let one = f32x4.splat(0);
    let two = f32x4.splat(0);
    let three = f32x4.splat(0);
    let four = f32x4.splat(0);
    for (let n: usize = 0; n < <usize>whole << 2; n += 16) {
      const samples = v128.load(a + n);
      const other = from + n;
      one = f32x4.add(one, f32x4.mul(samples, v128.load(other)));
      two = f32x4.add(two, f32x4.mul(samples, v128.load(other - 4)));
      three = f32x4.add(three, f32x4.mul(samples, v128.load(other - 8)));
      four = f32x4.add(four, f32x4.mul(samples, v128.load(other - 12)));
    }
    const to = out + (<usize>lag << 2);
    store<f32>(to, total(one) + rest(a, from, whole, length));
    store<f32>(to + 4, total(two) + rest(a, from - 4, whole, length));
    store<f32>(to + 8, total(three) + rest(a, from - 8, whole, length));
    store<f32>(to + 12, total(four) + rest(a, from - 12, whole, length));
  }
  for (; lag < count; lag += 1) store<f32>(out + (<usize>lag << 2), dot(a, b - (<usize>lag << 2), length));
}

/** out[i] = the sum of weights[k] * samples[i * step + k] over k < taps, for each i < count: all f32. */
export function filter(samples: usize, weights: usize, taps: i32, step: i32, count: i32, out: usize): void {
  for (let i = 0; i < count; i += 1)
    store<f32>(out + (<usize>i << 2), dot(weights, samples + ((<usize>i * <usize>step) << 2), taps));
}

/** out[n] = mic[n] less the sum of weights[k] * played[n + k] over k < taps, for each n < count: all f32. */
export function residual(mic: usize, played: usize, weights: usize, taps: i32, count: i32, out: usize): void {
  for (let at: usize = 0; at < <usize>count << 2; at += 4)
    store<f32>(out + at, load<f32>(mic + at) - dot(weights, played + at, taps));
}

/** The mean square of `length` samples (f32); 0 of none. */
export function power(samples: usize, length: i32): f64 {
  return length > 0 ? <f64>dot(samples, samples, length) / <f64>length : 0;
}

/** How many of the samples (f32) would have their energy, were it spread evenly over pieces of so many; all of them, when it is none. */
export function spread(samples: usize, length: i32, piece: i32): f64 {
  let sum: f64 = 0;
  let squares: f64 = 0;
  for (let at = 0; at < length; at += piece) {
    const ofPiece = power(samples + (<usize>at << 2), min(piece, length - at));
    sum += ofPiece;
    squares += ofPiece * ofPiece;
  }
  return squares > 0 ? ((sum * sum) / squares) * <f64>piece : <f64>length;
}

/**
 * Least squares: the `size` weights (f64) of which the sum of weights[i] * reference[n - i] comes nearest to mic[n], for n < length.
 * `reference` and `mic` are f32; `matrix` has room for size * size f64, `common` for size. Afterwards the sums of mic and reference at each
 * lag are in `common`, and what kept the weights small is answered; 0: there are none.
 */
export function fit(
  mic: usize,
  reference: usize,
  length: i32,
  size: i32,
  ridge: f64,
  matrix: usize,
  common: usize,
  weights: usize,
): f64 {
  covariance(reference, length, size, matrix);
  const kept = ridge * load<f64>(matrix);
  if (!(kept > 0)) return 0;
  const diagonal = (<usize>size + 1) << 3;
  for (let i = 0; i < size; i += 1) {
    const place = matrix + <usize>i * diagonal;
    store<f64>(place, load<f64>(place) + kept);
    store<f64>(common + (<usize>i << 3), <f64>dot(mic, reference - (<usize>i << 2), length));
  }
  if (!decompose(matrix, size)) return 0;
  memory.copy(weights, common, <usize>size << 3);
  solve(matrix, weights, size);
  return kept;
}

/** Of the reference with itself, shifted: the lower half, by rows. Each entry from the one before it on its diagonal. */
function covariance(reference: usize, length: i32, size: i32, matrix: usize): void {
  const width = <usize>size << 3;
  for (let i = 0; i < size; i += 1) {
    const row = matrix + <usize>i * width;
    store<f64>(row, <f64>dot(reference, reference - (<usize>i << 2), length));
    const before = reference - (<usize>i << 2);
    const entering = <f64>load<f32>(before);
    const leaving = <f64>load<f32>(before + (<usize>length << 2));
    for (let j = 1; j <= i; j += 1) {
      const other = reference - (<usize>j << 2);
      const moved =
        entering * <f64>load<f32>(other) - leaving * <f64>load<f32>(other + (<usize>length << 2));
      store<f64>(row + (<usize>j << 3), load<f64>(row - width + (<usize>(j - 1) << 3)) + moved);
    }
  }
}

/** Cholesky of a symmetric matrix, in place; only the lower half is read and written. False: it is singular. */
function decompose(matrix: usize, size: i32): bool {
  const width = <usize>size << 3;
  for (let j = 0; j < size; j += 1) {
    const row = matrix + <usize>j * width;
    const diagonal = row + (<usize>j << 3);
    const pivot = load<f64>(diagonal) - product(row, row, j);
    if (!(pivot > 0)) return false;
    const root = Math.sqrt(pivot);
    store<f64>(diagonal, root);
    for (let i = j + 1; i < size; i += 1) {
      const other = matrix + <usize>i * width;
      const entry = other + (<usize>j << 3);
      store<f64>(entry, (load<f64>(entry) - product(other, row, j)) / root);
    }
  }
  return true;
}

/** By what `decompose` left, in place: `right` becomes the solution. */
function solve(matrix: usize, right: usize, size: i32): void {
  const width = <usize>size << 3;
  for (let i = 0; i < size; i += 1) {
    const row = matrix + <usize>i * width;
    const place = right + (<usize>i << 3);
    store<f64>(place, (load<f64>(place) - product(row, right, i)) / load<f64>(row + (<usize>i << 3)));
  }
  for (let i = size - 1; i >= 0; i -= 1) {
    const row = matrix + <usize>i * width;
    const place = right + (<usize>i << 3);
    const found = load<f64>(place) / load<f64>(row + (<usize>i << 3));
    store<f64>(place, found);
    for (let k: usize = 0; k < <usize>i << 3; k += 8)
      store<f64>(right + k, load<f64>(right + k) - load<f64>(row + k) * found);
  }
}

// @ts-ignore: decorator
@inline
function square(place: usize): f64 {
  const value = <f64>load<f32>(place);
  return value * value;
}

// @ts-ignore: decorator
@inline
function total(sums: v128): f32 {
  return (
    f32x4.extract_lane(sums, 0) + f32x4.extract_lane(sums, 1) + (f32x4.extract_lane(sums, 2) + f32x4.extract_lane(sums, 3))
  );
}

// @ts-ignore: decorator
@inline
function rest(a: usize, b: usize, from: i32, to: i32): f32 {
  let sum: f32 = 0;
  for (let n = <usize>from << 2; n < <usize>to << 2; n += 4) sum += load<f32>(a + n) * load<f32>(b + n);
  return sum;
}

// @ts-ignore: decorator
@inline
function dot(a: usize, b: usize, length: i32): f32 {
  const whole = length & ~7;
  let near = f32x4.splat(0);
  let far = f32x4.splat(0);
  for (let n: usize = 0; n < <usize>whole << 2; n += 32) {
    near = f32x4.add(near, f32x4.mul(v128.load(a + n), v128.load(b + n)));
    far = f32x4.add(far, f32x4.mul(v128.load(a + n + 16), v128.load(b + n + 16)));
  }
  return total(f32x4.add(near, far)) + rest(a, b, whole, length);
}

// @ts-ignore: decorator
@inline
function product(a: usize, b: usize, length: i32): f64 {
  const whole = length & ~3;
  let near = f64x2.splat(0);
  let far = f64x2.splat(0);
  for (let n: usize = 0; n < <usize>whole << 3; n += 32) {
    near = f64x2.add(near, f64x2.mul(v128.load(a + n), v128.load(b + n)));
    far = f64x2.add(far, f64x2.mul(v128.load(a + n + 16), v128.load(b + n + 16)));
  }
  const both = f64x2.add(near, far);
  let sum = f64x2.extract_lane(both, 0) + f64x2.extract_lane(both, 1);
  for (let n = <usize>whole << 3; n < <usize>length << 3; n += 8) sum += load<f64>(a + n) * load<f64>(b + n);
  return sum;
}
