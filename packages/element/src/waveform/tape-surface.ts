import { COLUMN_PX } from './tape-geometry.ts';
import type { TapeView } from './tape-view.ts';

/**
 * How much wider than its window the tape is while it runs, in CSS pixels: six seconds. An animation that is begun or
 * ended costs the page several frames.
 */
export const SPARE_PX = 60 * COLUMN_PX;

/** What the tape is drawn with. */
export type TapeContext = CanvasRenderingContext2D | OffscreenCanvasRenderingContext2D;

/** In CSS pixels; `tapePx` is as wide as its window, or wider by {@link SPARE_PX}. */
export interface TapeSize {
  tapePx: number;
  windowPx: number;
  heightPx: number;
  pixelRatio: number;
}

/** What the tape is drawn on, and how it is moved through its window. */
export interface TapeSurface {
  /** In the window. */
  readonly canvas: HTMLCanvasElement;
  /** Nothing shows through it. A canvas is made so or so. */
  readonly isOpaque: boolean;
  /** The page moves it. */
  readonly leaps: boolean;
  /** Session time at the left edge of the tape. Undefined: nothing moves. */
  readonly fromMs: number | undefined;
  /** To be drawn on. Null: the browser has nothing to draw on. */
  open(size: TapeSize): TapeContext | null;
  /** It moves, or can be, to where the left edge of the window is at this time of the session. */
  reaches(leftMs: number): boolean;
  /** From this view on, until nothing is left of the tape. */
  begin(view: TapeView): void;
  /** Was drawn, or is to be elsewhere: at this view. */
  show(view: TapeView): void;
  /** Where it is, it stays. */
  rest(): void;
  /** Back to the beginning of the tape. */
  end(): void;
}

/** A canvas of this size, so many pixels of the screen wide and high. */
export function fit(
  canvas: HTMLCanvasElement | OffscreenCanvas,
  widthPx: number,
  heightPx: number,
  ratio: number,
): void {
  const [wide, high] = [Math.round(widthPx * ratio), Math.round(heightPx * ratio)];
  if (canvas.width !== wide) canvas.width = wide;
  if (canvas.height !== high) canvas.height = high;
}

/** The room that it takes in the window. */
export function place(canvas: HTMLCanvasElement, widthPx: number, heightPx: number): void {
  canvas.style.width = `${widthPx}px`;
  canvas.style.height = `${heightPx}px`;
}
