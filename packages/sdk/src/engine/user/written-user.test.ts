import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { WrittenUser } from './written-user.ts';

const RATE = 48_000;
const MS = RATE / 1000;

function stage(now = 48_000) {
  const pushed: { from: number; samples: Float32Array }[] = [];
  const stalls: { from: number; to: number }[] = [];
  const clock = { now };
  const user = new WrittenUser({
    rate: RATE,
    now: () => clock.now,
    push: (from, samples) => pushed.push({ from, samples }),
    onStalled: (range) => stalls.push(range),
    onError: (error) => expect.fail(error.message),
  });
  return { clock, user, pushed, stalls, end: () => (pushed.at(-1)?.from ?? 0) + (pushed.at(-1)?.samples.length ?? 0) };
}

test('[USER-1] the first samples end now, and each follows the one before, however late or early it comes', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.record({ ms: fc.integer({ min: 1, max: 120 }), laterMs: fc.integer({ min: 0, max: 40 }) }), {
        minLength: 1,
        maxLength: 20,
      }),
      async (writes) => {
        const { clock, user, pushed, stalls } = stage();
        let written = 0;
        for (const { ms, laterMs } of writes) {
          clock.now += laterMs * MS;
          user.advanced();
          // A stream that is behind by less than a stall is only late.
          const samples = Float32Array.from({ length: ms * MS }, (_, n) => (written + n + 1) / 2 ** 24);
          if (stalls.length > 0 || user.stall) return;
          user.write(samples, RATE);
          written += samples.length;
        }
        await user.finish();
        const first = pushed[0]?.from ?? 0;
        expect(first).toBe(48_000 + (writes[0]?.laterMs ?? 0) * MS - (writes[0]?.ms ?? 0) * MS);
        let at = first;
        for (const { from, samples } of pushed) {
          expect(from).toBe(at);
          const start = at - first;
          expect(samples.every((sample, n) => sample === (start + n + 1) / 2 ** 24)).toBe(true);
          at += samples.length;
        }
        expect(at - first).toBe(written);
      },
    ),
  );
});

test('[USER-2] a stream that stands still is silence and a gap of its own, and time goes on meanwhile', async () => {
  const { clock, user, stalls, end } = stage();
  user.write(new Float32Array(20 * MS).fill(0.5), RATE);
  clock.now += 500 * MS;
  user.advanced();
  expect(user.stall).toBeUndefined();
  for (let block = 0; block < 100; block += 1) {
    clock.now += 10 * MS;
    user.advanced();
    expect(end()).toBe(clock.now);
  }
  expect(user.stall).toEqual({ from: 48_000, to: clock.now });
  expect(stalls).toEqual([]);
  const resumed = clock.now;
  user.write(new Float32Array(20 * MS).fill(0.5), RATE);
  expect(stalls).toEqual([{ from: 48_000, to: resumed }]);
  expect(user.stall).toBeUndefined();
  expect(end()).toBe(resumed + 20 * MS);
  clock.now += 2_000 * MS;
  user.advanced();
  await user.finish();
  expect(stalls[1]).toEqual({ from: resumed + 20 * MS, to: clock.now });
});

test('[USER-3] any rate and encoding come to the clock’s own, and a change of rate loses nothing', async () => {
  const { user, pushed } = stage(RATE);
  user.write(new Int16Array(8_000), 16_000);
  user.write(new Uint8Array(4_000).fill(0xff), 8_000, 'mulaw');
  user.write(new Float32Array(22_050), 44_100);
  await user.finish();
  // Half a second each.
  expect(pushed.reduce((sum, { samples }) => sum + samples.length, 0)).toBe(3 * 24_000);
});

test('[USER-4] what is no PCM is refused by name, and nothing of it is taken', () => {
  const { user, pushed } = stage();
  for (const [samples, rate, field] of [
    [new Float32Array(9), 0, 'sampleRate'],
    [new Float32Array(9), 44_100.5, 'sampleRate'],
    [new Uint8Array(9), 8_000, 'encoding'],
    ['text', 8_000, 'samples'],
  ] as const)
    expect(() => user.write(samples as never, rate)).toThrowError(
      expect.objectContaining({ code: 'invalid_argument', field }),
    );
  user.advanced();
  expect(pushed).toEqual([]);
});
