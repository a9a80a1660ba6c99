/** The part of the timeline that is seen, in session milliseconds. */
export interface Viewport {
  readonly fromMs: number;
  readonly toMs: number;
}

/** No closer than this: two seconds in a row of a phone's pixels show single syllables. */
const CLOSEST_MS = 2000;

/** A long session opens with as much of it as a person reads at a glance; the strip above shows the rest. */
const OPENS_WITH_MS = 120_000;

/** Of the view, how much is left behind the playhead when the view turns its page. */
const MARGIN = 0.08;

export const spanOf = ({ fromMs, toMs }: Viewport): number => toMs - fromMs;

/** All of a session. Of one that has only begun there is nothing yet, and a view of nothing has no scale. */
export function wholeOf(durationMs: number): Viewport {
  return { fromMs: 0, toMs: Math.max(durationMs, CLOSEST_MS) };
}

/** What a session opens with: all of it, or the first two minutes of a long one. */
export function openingView(durationMs: number): Viewport {
  return durationMs <= OPENS_WITH_MS * 1.5 ? wholeOf(durationMs) : { fromMs: 0, toMs: OPENS_WITH_MS };
}

/** Closer (`factor` below 1) or farther, with one place staying where it is on the screen. */
export function zoomed(view: Viewport, factor: number, aroundMs: number, durationMs: number): Viewport {
  const span = Math.min(Math.max(spanOf(view) * factor, CLOSEST_MS), Math.max(durationMs, CLOSEST_MS));
  const share = Math.min(1, Math.max(0, (aroundMs - view.fromMs) / Math.max(1, spanOf(view))));
  const fromMs = aroundMs - share * span;
  return within({ fromMs, toMs: fromMs + span }, durationMs);
}

/** Moved along the timeline. */
export function panned(view: Viewport, byMs: number, durationMs: number): Viewport {
  return within({ fromMs: view.fromMs + byMs, toMs: view.toMs + byMs }, durationMs);
}

/** Turned to the page that holds a place, when it is not seen; else as it is. */
export function showing(view: Viewport, ms: number, durationMs: number): Viewport {
  if (ms >= view.fromMs && ms <= view.toMs - spanOf(view) * MARGIN) return view;
  if (ms > view.toMs - spanOf(view) * MARGIN && view.toMs >= durationMs && ms <= view.toMs) return view;
  const fromMs = ms - spanOf(view) * MARGIN;
  return within({ fromMs, toMs: fromMs + spanOf(view) }, durationMs);
}

/** Not beyond either end. */
function within({ fromMs, toMs }: Viewport, durationMs: number): Viewport {
  const span = Math.min(toMs - fromMs, Math.max(durationMs, CLOSEST_MS));
  const from = Math.max(0, Math.min(fromMs, durationMs - span));
  return { fromMs: from, toMs: from + span };
}

/** Where a place is on the screen, in CSS pixels. */
export type ToX = (ms: number) => number;

/** The places of a view that is so wide. */
export function toX(view: Viewport, width: number): ToX {
  return (ms) => ((ms - view.fromMs) / spanOf(view)) * width;
}

/** The place under a pixel. */
export function toMs(view: Viewport, width: number, px: number): number {
  return view.fromMs + (px / Math.max(1, width)) * spanOf(view);
}
