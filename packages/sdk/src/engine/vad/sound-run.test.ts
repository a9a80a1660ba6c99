import { expect, test } from 'vitest';
import { SoundRun } from './sound-run.ts';

const noise = (seconds: number, dbfs: number): Float32Array => {
  const gain = Math.sqrt(3) * 10 ** (dbfs / 20);
  let state = 1;
  return Float32Array.from({ length: seconds * 16_000 }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return gain * (state / 2 ** 31 - 1);
  });
};

test('[VAD-32] a sound has lasted since it rose 10 dB above the floor of the room, whatever pieces it comes in', () => {
  for (const length of [1, 37, 128, 5000]) {
    const run = new SoundRun();
    const audio = new Float32Array([...noise(1, -60), ...noise(0.08, -45), ...noise(0.1, -60)]);
    const lasted: number[] = [];
    for (let at = 0; at < audio.length; at += length) {
      run.hear(audio.subarray(at, at + length));
      lasted.push(run.lastsMs);
    }
    expect(lasted.at(-1)).toBe(0);
    if (length <= 128) expect(Math.max(...lasted)).toBe(80);
  }
});

test('[VAD-32] steady noise lasts for no time, however loud; neither does digital silence, or what lies below any microphone', () => {
  for (const dbfs of [-100, -75, -50, -10]) {
    const run = new SoundRun();
    run.hear(noise(2, dbfs));
    expect(run.lastsMs).toBe(0);
  }
  const run = new SoundRun();
  run.hear(new Float32Array(16_000));
  run.hear(noise(0.1, -85));
  expect(run.lastsMs).toBe(0);
});

test('[VAD-32] what is left of a click 20 dB below it belongs to it no more', () => {
  const run = new SoundRun();
  run.hear(noise(1, -80));
  run.hear(noise(0.04, -20));
  expect(run.lastsMs).toBe(40);
  run.hear(noise(0.008, -45));
  expect(run.lastsMs).toBe(0);
});

test('[VAD-32] what does not continue the sound begins anew, before the same floor', () => {
  const run = new SoundRun();
  run.hear(noise(1, -60));
  run.hear(noise(0.08, -30));
  run.interrupt();
  expect(run.lastsMs).toBe(0);
  run.hear(noise(0.04, -30));
  expect(run.lastsMs).toBe(40);
});
