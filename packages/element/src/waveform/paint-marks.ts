import type { GapEvent } from 'turntape';
import { BAR_PX, COLUMN_PX, DOT_PX, MIDDLE_PX } from './tape-geometry.ts';
import type { TapeScene } from './tape-scene.ts';
import type { TapeContext } from './tape-surface.ts';

/** Before the first moment of the session, and where there is none: tape that nothing was written on. */
export function paintRest(
  context: TapeContext,
  { width, middle }: { width: number; middle: number },
  { fromMs, msPerPx }: TapeScene,
  paint: string,
): void {
  const until = Math.min(width, -fromMs / msPerPx);
  context.globalAlpha = 0.55;
  context.fillStyle = paint;
  for (let left = (COLUMN_PX - BAR_PX) / 2; left < until; left += COLUMN_PX) {
    context.fillRect(left, middle - MIDDLE_PX - DOT_PX, BAR_PX, DOT_PX);
    context.fillRect(left, middle + MIDDLE_PX, BAR_PX, DOT_PX);
  }
  context.globalAlpha = 1;
}

/** Where the bot was cut: a line through both lanes, with a notch in the middle. */
export function paintCut(
  context: TapeContext,
  x: number,
  { middle, laneHeight }: { middle: number; laneHeight: number },
  paint: string,
): void {
  context.fillStyle = paint;
  context.fillRect(x - 0.75, 6, 1.5, laneHeight * 2 - 12);
  context.beginPath();
  context.moveTo(x, middle - 6);
  context.lineTo(x + 6, middle);
  context.lineTo(x, middle + 6);
  context.lineTo(x - 6, middle);
  context.fill();
}

/** What is missing, hatched, on the lane that misses it or on both; in grey where only the sound was. */
export function paintGap(
  context: TapeContext,
  [left, wide]: [number, number],
  { speaker }: GapEvent,
  { middle, laneHeight, paint }: { middle: number; laneHeight: number; paint: string },
): void {
  if (wide === 0) return;
  const top = speaker === 'bot' ? middle + 1 : 1;
  const high = speaker === undefined ? laneHeight * 2 - 2 : laneHeight - 2;
  const wideEnough = Math.max(2, wide);
  context.save();
  context.beginPath();
  context.rect(left, top, wideEnough, high);
  context.clip();
  context.strokeStyle = paint;
  context.lineWidth = 1;
  context.beginPath();
  for (let at = -high; at < wideEnough; at += 6) {
    context.moveTo(left + at, top + high);
    context.lineTo(left + at + high, top);
  }
  context.stroke();
  context.restore();
}
