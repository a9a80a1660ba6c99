import { SPARE_PX, type TapeContext, type TapeSize, type TapeSurface, fit, place } from './tape-surface.ts';
import type { TapeView } from './tape-view.ts';

/**
 * For a browser without a graphics card: the tape is drawn out of sight, and the part of it that is to be seen is copied into the
 * window, past the frames of the page. An animation would cost the processor every frame of the screen, moved or not, and a canvas
 * of the page a frame of the page.
 */
export class LeapingTape implements TapeSurface {
  readonly canvas: HTMLCanvasElement;
  readonly isOpaque: boolean;
  readonly leaps = true;
  readonly #window: OffscreenCanvasRenderingContext2D | null;
  readonly #tape: OffscreenCanvasRenderingContext2D | null;
  #pixelRatio = 1;
  #view: TapeView | undefined;

  constructor(canvas: HTMLCanvasElement, isOpaque: boolean) {
    this.canvas = canvas;
    this.isOpaque = isOpaque;
    const kind = { alpha: !isOpaque };
    this.#window = canvas.transferControlToOffscreen().getContext('2d', kind);
    this.#tape = new OffscreenCanvas(1, 1).getContext('2d', kind);
  }

  get fromMs(): number | undefined {
    return this.#view?.fromMs;
  }

  open({ tapePx, windowPx, heightPx, pixelRatio }: TapeSize): TapeContext | null {
    if (!this.#window || !this.#tape) return null;
    this.#pixelRatio = pixelRatio;
    fit(this.#tape.canvas, tapePx, heightPx, pixelRatio);
    fit(this.#window.canvas, windowPx, heightPx, pixelRatio);
    place(this.canvas, windowPx, heightPx);
    return this.#tape;
  }

  reaches(leftMs: number): boolean {
    if (!this.#view) return false;
    const { fromMs, msPerPx } = this.#view;
    return leftMs >= fromMs && leftMs <= fromMs + SPARE_PX * msPerPx;
  }

  begin(view: TapeView): void {
    this.#view = view;
  }

  show({ fromMs, msPerPx, shiftPx }: TapeView): void {
    if (!this.#window || !this.#tape) return;
    const beganPx = this.#view ? (fromMs - this.#view.fromMs) / msPerPx : 0;
    const left = Math.round((beganPx + shiftPx) * this.#pixelRatio);
    this.#window.globalCompositeOperation = 'copy';
    this.#window.drawImage(this.#tape.canvas, -left, 0);
  }

  /** It is moved by nobody else. */
  rest(): void {}

  end(): void {
    this.#view = undefined;
  }
}
