import { COLUMN_MS } from './level-history.ts';
import { COLUMN_PX } from './tape-geometry.ts';

/** The running tape is drawn this often, two columns at a time: a frame of the page costs what it costs, whatever is in it. */
export const DRAW_MS = 2 * COLUMN_MS;

/** Where the page moves it, it does so this often: two pixels each. More would cost more than all the rest. */
export const LEAP_MS = DRAW_MS / 3;

/** What is shown lies this far behind what is heard: until the next drawing every column in the window is whole. */
export const LAG_MS = DRAW_MS + COLUMN_MS;

/** Session time of one CSS pixel while the tape runs. */
const LIVE_MS_PER_PX = COLUMN_MS / COLUMN_PX;

/** Which part of the session is in the window, and by how many pixels the canvas is moved to the left. */
export interface TapeView {
  fromMs: number;
  msPerPx: number;
  shiftPx: number;
}

/**
 * While the session runs: the newest at the right edge, whole columns from `fromMs` on. The canvas is only moved
 * between two drawings, by device pixels. `still`: it is not moved, and steps by whole seconds.
 */
export function liveView(nowMs: number, widthPx: number, pixelRatio: number, still: boolean): TapeView {
  const headMs = still ? Math.floor((nowMs - LAG_MS) / 1000) * 1000 : nowMs - LAG_MS;
  const leftMs = headMs - widthPx * LIVE_MS_PER_PX;
  const fromMs = Math.floor(leftMs / COLUMN_MS) * COLUMN_MS;
  if (still) return { fromMs, msPerPx: LIVE_MS_PER_PX, shiftPx: 0 };
  const shiftPx = Math.round(((leftMs - fromMs) / LIVE_MS_PER_PX) * pixelRatio) / pixelRatio;
  return { fromMs, msPerPx: LIVE_MS_PER_PX, shiftPx };
}

/** When it is over: all of it, at most as wide as it was while it ran. */
export function wholeView(lengthMs: number, widthPx: number): TapeView {
  // Nothing yet: the window lies before the first moment.
  if (lengthMs === 0) return { fromMs: -2 * widthPx * LIVE_MS_PER_PX, msPerPx: LIVE_MS_PER_PX, shiftPx: 0 };
  return { fromMs: 0, msPerPx: Math.max(LIVE_MS_PER_PX, lengthMs / Math.max(1, widthPx)), shiftPx: 0 };
}
