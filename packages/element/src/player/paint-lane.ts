import type { PeakLevel, Peaks } from 'turntape';
import { wash } from './timeline-colors.ts';
import { type ToX, type Viewport, spanOf } from './viewport.ts';

/** A horizontal band of the canvas. */
export interface Lane {
  top: number;
  height: number;
}

/** A bar and the space after it, in CSS pixels: bars stand on a grid of the timeline, so that they do not swim when it moves. */
const STEP_PX = 3;
const BAR_PX = 2;

/** Quiet sounds are lifted: speech is mostly that, and a lane drawn to scale would look empty. */
const LIFT = 0.75;

/** The outline of one file, bar by bar, as far as it is seen. Gives how many bars. */
export function paintBars(
  context: CanvasRenderingContext2D,
  options: {
    peaks: Peaks;
    startMs: number;
    left: number;
    right: number;
    lane: Lane;
    width: number;
    view: Viewport;
    x: ToX;
    voice: string;
    /** What the loudest of this speaker is drawn as tall as the lane with. */
    gain: number;
    /** What lies left of it has been played. */
    playedTo: number;
  },
): number {
  const { peaks, startMs, left, right, lane, width, view, voice, gain, playedTo } = options;
  const barMs = (STEP_PX / width) * spanOf(view);
  const level = levelFor(peaks, barMs);
  const first = Math.ceil(Math.max(0, left, 0) / STEP_PX);
  const offsetPx = (((-view.fromMs / barMs) % 1) + 1) * STEP_PX;
  const middle = lane.top + lane.height / 2;
  const reach = lane.height / 2 - 5;
  let bars = 0;
  for (const played of [true, false]) {
    context.fillStyle = played ? voice : wash(voice, 0.62);
    context.beginPath();
    for (let index = first - 1; ; index += 1) {
      const at = index * STEP_PX + (offsetPx % STEP_PX);
      if (at > Math.min(right, width)) break;
      if (at < left - BAR_PX || at + BAR_PX < 0 || at < playedTo !== played) continue;
      const fromMs = view.fromMs + (at / width) * spanOf(view) - startMs;
      const tall = tallness(swing(level, fromMs, fromMs + barMs), gain, reach);
      context.roundRect(at, middle - tall, BAR_PX, tall * 2, 1);
      bars += 1;
    }
    context.fill();
  }
  return bars;
}

/** A file whose outline is not known (or cannot be): a bar along the middle. */
export function paintFlat(
  context: CanvasRenderingContext2D,
  { left, right, lane, color, dashed }: { left: number; right: number; lane: Lane; color: string; dashed: boolean },
): void {
  context.strokeStyle = color;
  context.lineWidth = 2;
  context.setLineDash(dashed ? [4, 4] : []);
  context.beginPath();
  context.moveTo(left + 5, lane.top + lane.height / 2);
  context.lineTo(Math.max(left + 6, right - 5), lane.top + lane.height / 2);
  context.stroke();
  context.setLineDash([]);
}

export function roundedBar(
  context: CanvasRenderingContext2D,
  left: number,
  top: number,
  width: number,
  height: number,
  radius: number,
): void {
  context.beginPath();
  context.roundRect(left, top, width, height, Math.min(radius, width / 2));
}

/** The coarsest level that still has a number for each bar. */
export function levelFor({ levels }: Peaks, barMs: number): PeakLevel | undefined {
  return levels.findLast(({ peaksPerSecond }) => 1000 / peaksPerSecond <= barMs) ?? levels[0];
}

/** How far it swings within [fromMs, toMs) of the file, 0 … 1. */
export function swing(level: PeakLevel | undefined, fromMs: number, toMs: number): number {
  if (!level) return 0;
  const { peaksPerSecond, min, max } = level;
  const from = Math.max(0, Math.floor((fromMs / 1000) * peaksPerSecond));
  const to = Math.max(from + 1, Math.ceil((toMs / 1000) * peaksPerSecond));
  let furthest = 0;
  for (let index = from; index < Math.min(to, max.length); index += 1)
    furthest = Math.max(furthest, max[index] ?? 0, -(min[index] ?? 0));
  return furthest / 32_767;
}

/** Of a bar to each side of the middle: at least one pixel, so that silence is seen as such. */
export const tallness = (swing: number, gain: number, reach: number): number =>
  Math.max(1, Math.min(1, swing * gain) ** LIFT * reach);
