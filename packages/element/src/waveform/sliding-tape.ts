import { COLUMN_PX } from './tape-geometry.ts';
import type { TapeView } from './tape-view.ts';

/**
 * How much wider than its window the canvas is while the tape runs, in CSS pixels: six seconds. An animation that is begun or
 * ended costs the page several frames.
 */
export const SPARE_PX = 60 * COLUMN_PX;

/** Moves the canvas to the left, by device pixels and as time passes, without the page. */
export class Slide {
  #view: TapeView | undefined;
  #animation: Animation | undefined;

  /** Session time at the left edge of the window. Undefined: nothing moves. */
  get leftMs(): number | undefined {
    if (!this.#view) return undefined;
    const { fromMs, shiftPx, msPerPx } = this.#view;
    return fromMs + shiftPx * msPerPx + Number(this.#animation?.currentTime ?? 0);
  }

  /** Session time at the left edge of the canvas. */
  get fromMs(): number {
    return this.#view?.fromMs ?? 0;
  }

  /** From this view on, until nothing is left of the canvas. */
  begin(canvas: HTMLCanvasElement, view: TapeView, pixelRatio: number): void {
    this.end();
    this.#view = view;
    const leftPx = SPARE_PX - view.shiftPx;
    const timing = {
      duration: leftPx * view.msPerPx,
      easing: `steps(${Math.max(1, Math.round(leftPx * pixelRatio))}, end)`,
      fill: 'forwards',
    } as const;
    this.#animation = canvas.animate([{ transform: leftBy(view.shiftPx) }, { transform: leftBy(SPARE_PX) }], timing);
  }

  /** Where it is, it stays. */
  rest(): void {
    this.#animation?.pause();
  }

  /** Back to the beginning of the canvas. */
  end(): void {
    this.#animation?.cancel();
    this.#animation = undefined;
    this.#view = undefined;
  }
}

function leftBy(px: number): string {
  return `translateX(${-px}px)`;
}
