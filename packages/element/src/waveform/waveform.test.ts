import { expect, test } from 'vitest';
import { COLUMN_MS, LevelHistory } from './level-history.ts';
import { levelFraction } from './level-scale.ts';
import { TapeClock } from './tape-clock.ts';
import { timeStepMs } from './paint-times.ts';
import { COLUMN_PX } from './tape-geometry.ts';
import { liveView, wholeView } from './tape-view.ts';

const level = (speaker: 'user' | 'bot', atMs: number, rmsDb: number) => ({ speaker, atMs, rmsDb, peakDb: rmsDb });

test('[FACE-21] a column is as loud as its loudest report, each speaker in a lane of its own', () => {
  const history = new LevelHistory();
  history.add(level('user', 50, -40));
  history.add(level('user', 100, -20));
  history.add(level('user', 150, -30));
  history.add(level('bot', 100, Number.NEGATIVE_INFINITY));
  expect(history.columns).toBe(2);
  expect(history.loudest('user', 0, 1)).toBeCloseTo(levelFraction(-20), 2);
  expect(history.loudest('user', 1, 2)).toBeCloseTo(levelFraction(-30), 2);
  expect(history.loudest('user', 0, 2)).toBeCloseTo(levelFraction(-20), 2);
  expect(history.loudest('bot', 0, 2)).toBe(0);
});

test('[FACE-21] an hour is kept whole, two bytes for each column', () => {
  const history = new LevelHistory();
  const hourMs = 3_600_000;
  for (let atMs = COLUMN_MS; atMs <= hourMs; atMs += COLUMN_MS)
    history.add(level('user', atMs, -60 + (atMs % 600) / 20));
  expect(history.lengthMs).toBe(hourMs);
  expect(history.loudest('user', 4, 5)).toBeCloseTo(levelFraction(-35), 2);
  history.clear();
  expect(history.columns).toBe(0);
  expect(history.loudest('user', 0, 36_000)).toBe(0);
});

test('[FACE-21] the clock runs evenly between unsteady reports, and never back', () => {
  const clock = new TapeClock();
  const steps: number[] = [];
  let before = 0;
  for (let pageMs = 0; pageMs < 10_000; pageMs += 16) {
    // A report every 50 ms that comes up to 30 ms late.
    if (Math.floor(pageMs / 50) !== Math.floor((pageMs - 16) / 50)) {
      const lateMs = (pageMs * 7) % 30;
      clock.heard(pageMs - lateMs, pageMs);
    }
    const now = clock.at(pageMs);
    if (pageMs > 2000) steps.push(now - before);
    before = now;
  }
  expect(Math.min(...steps)).toBeGreaterThanOrEqual(0);
  // A frame is 16 ms: none is half or twice as long.
  expect(Math.max(...steps)).toBeLessThan(24);
  expect(Math.min(...steps)).toBeGreaterThan(8);
});

test('[FACE-21] when no report comes time stands still, and after a leap it goes on from there', () => {
  const clock = new TapeClock();
  clock.heard(1000, 0);
  expect(clock.at(100)).toBe(1100);
  expect(clock.stands(100)).toBe(false);
  expect(clock.at(5000)).toBe(1250);
  expect(clock.stands(5000)).toBe(true);
  clock.heard(1300, 5000);
  expect(clock.at(5010)).toBe(1310);
  // A report that comes late draws it back, and what was shown stays.
  clock.heard(1310, 5110);
  expect(clock.at(5011)).toBe(1310);
  // Another session, or a clock that was rebuilt.
  clock.reset();
  clock.heard(50, 9000);
  expect(clock.at(9000)).toBe(50);
});

test('[FACE-21] while it runs the canvas is moved by device pixels and drawn anew where columns begin; still, once a second', () => {
  const views = Array.from({ length: 625 }, (_, frame) => liveView(10_000 + frame * 16, 600, 2, false));
  const drawn = new Set(views.map(({ fromMs }) => fromMs));
  expect(drawn.size).toBe(100);
  expect(Math.max(...views.map(({ shiftPx }) => shiftPx))).toBeLessThanOrEqual(COLUMN_PX);
  expect(views.every(({ shiftPx }) => Number.isInteger(shiftPx * 2))).toBe(true);

  const still = Array.from({ length: 625 }, (_, frame) => liveView(10_000 + frame * 16, 600, 2, true));
  expect(new Set(still.map(({ fromMs }) => fromMs)).size).toBe(11);
  expect(new Set(still.map(({ shiftPx }) => shiftPx)).size).toBe(1);
});

test('[FACE-21] when it is over all of it is in the window, and a short one is not stretched', () => {
  expect(wholeView(600_000, 500)).toEqual({ fromMs: 0, msPerPx: 1200, shiftPx: 0 });
  expect(wholeView(2000, 500).msPerPx).toBe(COLUMN_MS / COLUMN_PX);
  expect([1400, 5000, 24_000, 100_000, 9e9].map(timeStepMs)).toEqual([5000, 5000, 30_000, 120_000, 3_600_000]);
});
