import { expect, test } from 'vitest';
import { PLAY_RATE } from './lane-audio.ts';
import { TimeStretch } from './time-stretch.ts';

const HZ = 200;

/** A voice of 200 Hz from 1 s to 3 s of the session, silence around it. */
const track = (from: number, length: number): Float32Array | undefined => {
  if (from + length <= PLAY_RATE || from >= 3 * PLAY_RATE) return undefined;
  return Float32Array.from({ length }, (_, index) => {
    const at = from + index;
    return at < PLAY_RATE || at >= 3 * PLAY_RATE ? 0 : 0.5 * Math.sin((2 * Math.PI * HZ * at) / PLAY_RATE);
  });
};

/** All that comes out of the first four seconds. */
function stretched(speed: number): Float32Array {
  const stretch = new TimeStretch(track, 0, speed);
  const length = Math.ceil((4 * PLAY_RATE) / speed / 12_000) * 12_000;
  const out = new Float32Array(length);
  for (let at = 0; at < length; at += 12_000) {
    const block = stretch.take(12_000);
    if (block) out.set(block, at);
  }
  return out;
}

const rises = (samples: Float32Array): number =>
  samples.reduce(
    (count, sample, index) => count + (index > 0 && sample >= 0 && (samples[index - 1] ?? 0) < 0 ? 1 : 0),
    0,
  );

test.each([0.5, 0.75, 1.25, 1.5, 2])(
  '[REVIEW-5] at %s× it lasts so much shorter or longer, to 20 ms, and keeps its pitch',
  (speed) => {
    const out = stretched(speed);
    const loud = Array.from(out, (sample, index) => (Math.abs(sample) > 0.05 ? index : -1)).filter(
      (index) => index >= 0,
    );
    const [first = 0] = loud;
    const last = loud.at(-1) ?? 0;
    expect(Math.abs(first / PLAY_RATE - 1 / speed)).toBeLessThan(0.02);
    expect(Math.abs(last / PLAY_RATE - 3 / speed)).toBeLessThan(0.02);
    const middle = out.subarray(first + 4800, last - 4800);
    const hz = rises(middle) / (middle.length / PLAY_RATE);
    expect(Math.abs(hz - HZ) / HZ).toBeLessThan(0.02);
    // Windows that go on in step neither beat nor gape.
    let quietest = Infinity;
    for (let at = 0; at + 480 < middle.length; at += 480)
      quietest = Math.min(quietest, Math.max(...middle.subarray(at, at + 480)));
    expect(quietest).toBeGreaterThan(0.4);
  },
);

test('[REVIEW-5] silence costs nothing and stays silence', () => {
  expect(new TimeStretch(() => undefined, 0, 1.5).take(12_000)).toBeUndefined();
});
