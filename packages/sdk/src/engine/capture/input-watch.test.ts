import { expect, test } from 'vitest';
import { type InputLoss, InputWatch } from './input-watch.ts';

/** A thousand frames a second: frames are milliseconds. */
const RATE = 1000;

function watched() {
  const losses: InputLoss[] = [];
  const silent: boolean[] = [];
  const watch = new InputWatch(RATE, {
    onLoss: (loss) => losses.push(loss),
    onSilent: (is) => silent.push(is),
  });
  let at = 0;
  const feed = (to: number, value: number): void => {
    for (; at < to; at += 10) {
      const frames = Math.min(10, to - at);
      watch.heard(at, frames, value === 0 ? null : new Float32Array(frames).fill(value));
    }
    at = to;
  };
  return { watch, losses, silent, sound: (to: number) => feed(to, 0.1), silence: (to: number) => feed(to, 0) };
}

test('[LOSS-1] another microphone: the gap is the digital silence at the change, to the frame', () => {
  const { watch, losses, sound, silence } = watched();
  sound(1000);
  silence(1040);
  watch.note('changed', 1005);
  sound(2000);
  expect(losses).toEqual([{ from: 1000, to: 1040, cause: 'microphone_changed' }]);
});

test('[LOSS-1] a change in the middle of silence invents no gap', () => {
  const { watch, losses, sound, silence } = watched();
  sound(1000);
  silence(3000);
  watch.note('changed', 2000);
  silence(3400);
  sound(4000);
  expect(losses.filter((loss) => loss.cause === 'microphone_changed')).toEqual([]);
});

test('[LOSS-1] a change that costs no frame is no gap', () => {
  const { watch, losses, sound } = watched();
  sound(1000);
  watch.note('changed', 1000);
  sound(2000);
  watch.finish();
  expect(losses).toEqual([]);
});

test('[LOSS-2] a lost microphone is missing from its last frame to the first of the next one, however late the page heard', () => {
  const { watch, losses, sound, silence } = watched();
  sound(1000);
  silence(1600);
  watch.note('lost', 1600);
  silence(1900);
  watch.note('changed', 1890);
  silence(1950);
  sound(3000);
  expect(losses).toEqual([{ from: 1000, to: 1950, cause: 'microphone_lost' }]);
});

test('[LOSS-2] a file that is finished in the middle of a loss knows of it', () => {
  const { watch, losses, sound, silence } = watched();
  sound(1000);
  watch.note('lost', 1010);
  silence(1500);
  expect(watch.open()).toEqual([{ from: 1000, to: 1500, cause: 'microphone_lost' }]);
  expect(losses).toEqual([]);
  watch.finish();
  expect(losses).toEqual([{ from: 1000, to: 1500, cause: 'microphone_lost' }]);
});

test('[LOSS-2] a permission that was taken back names the loss', () => {
  const { watch, losses, sound, silence } = watched();
  sound(1000);
  watch.note('lost', 1010);
  silence(1200);
  watch.note('denied', 1200);
  silence(6000);
  watch.finish();
  expect(losses).toEqual([{ from: 1000, to: 6000, cause: 'microphone_denied' }]);
});

test('[LOSS-3] a track muted by the system is a loss of its own; one that goes on sounding is none', () => {
  const { watch, losses, sound, silence } = watched();
  sound(1000);
  watch.note('muted', 1020);
  silence(2000);
  sound(2100);
  watch.note('live', 2080);
  sound(3000);
  watch.note('muted', 3000);
  sound(4000);
  watch.note('live', 4000);
  sound(5000);
  expect(losses).toEqual([{ from: 1000, to: 2000, cause: 'microphone_muted' }]);
});

test('[LOSS-4] digital silence that nobody asked for is told within three seconds and written down whole', () => {
  const { losses, silent, sound, silence } = watched();
  sound(1000);
  silence(3400);
  expect(silent).toEqual([]);
  silence(4000);
  expect(silent).toEqual([true]);
  silence(9000);
  sound(9100);
  expect(silent).toEqual([true, false]);
  expect(losses).toEqual([{ from: 1000, to: 9000, cause: 'input_silent' }]);
});

test('[LOSS-4] what the app silenced on purpose is neither told nor written down', () => {
  const { watch, losses, silent, sound, silence } = watched();
  sound(1000);
  watch.note('off', 1000);
  silence(9000);
  watch.note('live', 9000);
  sound(9500);
  watch.finish();
  expect([losses, silent]).toEqual([[], []]);
});

test('[LOSS-4] the pauses of a synthetic voice are not losses', () => {
  const { watch, losses, silent, sound, silence } = watched();
  for (let at = 1000; at < 20_000; at += 3000) {
    sound(at);
    silence(at + 2000);
  }
  watch.finish();
  expect([losses, silent]).toEqual([[], []]);
});

test('[LOSS-4] a hole of the capture is not silence of the input', () => {
  const { watch, silent, silence } = watched();
  silence(1500);
  watch.heard(4000, 10, null);
  watch.heard(4010, 10, null);
  expect(silent).toEqual([]);
});
