/**
 * The sum of `a[n] * b[from + n]` over all of `a`. Four sums at once: one alone waits for each of its additions.
 */
export function dot(a: Float32Array, b: Float32Array, from: number): number {
  const count = a.length;
  const whole = count - (count % 4);
  let one = 0;
  let two = 0;
  let three = 0;
  let four = 0;
  for (let n = 0; n < whole; n += 4) {
    one += (a[n] as number) * (b[from + n] as number);
    two += (a[n + 1] as number) * (b[from + n + 1] as number);
    three += (a[n + 2] as number) * (b[from + n + 2] as number);
    four += (a[n + 3] as number) * (b[from + n + 3] as number);
  }
  for (let n = whole; n < count; n += 1) one += (a[n] as number) * (b[from + n] as number);
  return one + two + three + four;
}
