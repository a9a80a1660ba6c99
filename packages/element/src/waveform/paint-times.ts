import { runningTime } from '../time-texts.ts';
import type { TapePaints, TapePart, TapeScene } from './tape-scene.ts';
import type { TapeContext } from './tape-surface.ts';

/** A mark of the time has at least this much room. */
const TIME_ROOM_PX = 72;

/** The line in the middle, and the times under the lanes. */
export function paintTimes(
  context: TapeContext,
  { width, middle, height }: { width: number; middle: number; height: number },
  { fromMs, msPerPx, nowMs }: TapeScene,
  part: TapePart,
  paints: TapePaints,
): void {
  context.globalAlpha = 0.45;
  context.fillStyle = paints.line;
  context.fillRect(0, middle - 0.5, width, 1);
  context.globalAlpha = 1;
  const stepMs = timeStepMs(TIME_ROOM_PX * msPerPx);
  // Of a tape that runs they come in and go out with it.
  const isWhole = Number.isFinite(nowMs);
  context.font = paints.font;
  context.textAlign = 'center';
  context.textBaseline = 'alphabetic';
  context.fillStyle = paints.text;
  // Letters are what costs most: of a part only those that reach into it.
  const reachMs = TIME_ROOM_PX * msPerPx;
  const firstMs = Math.max(0, Math.floor((part.fromMs - reachMs) / stepMs) * stepMs);
  const endMs = Math.min(fromMs + width * msPerPx, part.toMs + reachMs);
  for (let ms = firstMs; ms < endMs; ms += stepMs) {
    const at = (ms - fromMs) / msPerPx;
    if (isWhole && (at < 14 || at > width - 14)) continue;
    context.fillText(runningTime(ms), at, height - 4);
  }
}

/** 5, 10, 15, 30 seconds, minutes: the first that has the room. */
export function timeStepMs(roomMs: number): number {
  const seconds = [5, 10, 15, 30, 60, 120, 300, 600, 900, 1800].find((step) => step * 1000 >= roomMs) ?? 3600;
  return seconds * 1000;
}
