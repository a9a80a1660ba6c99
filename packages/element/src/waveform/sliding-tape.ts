import { SPARE_PX, type TapeContext, type TapeSize, type TapeSurface, fit, place } from './tape-surface.ts';
import type { TapeView } from './tape-view.ts';

/** So far from where it should be, the tape is put there: three pixels. Less is the jitter of messages. */
const ELSEWHERE_MS = 60;

/** A canvas that an animation moves to the left, by pixels of the screen and as time passes, without the page. */
export class SlidingTape implements TapeSurface {
  readonly canvas: HTMLCanvasElement;
  readonly isOpaque: boolean;
  readonly leaps = false;
  readonly #context: CanvasRenderingContext2D | null;
  #pixelRatio = 1;
  #view: TapeView | undefined;
  #animation: Animation | undefined;

  constructor(canvas: HTMLCanvasElement, isOpaque: boolean) {
    this.canvas = canvas;
    this.isOpaque = isOpaque;
    this.#context = canvas.getContext('2d', { alpha: !isOpaque });
  }

  get fromMs(): number | undefined {
    return this.#view?.fromMs;
  }

  open({ tapePx, heightPx, pixelRatio }: TapeSize): TapeContext | null {
    this.#pixelRatio = pixelRatio;
    fit(this.canvas, tapePx, heightPx, pixelRatio);
    place(this.canvas, tapePx, heightPx);
    return this.#context;
  }

  reaches(leftMs: number): boolean {
    if (!this.#view) return false;
    const { fromMs, shiftPx, msPerPx } = this.#view;
    const atMs = fromMs + shiftPx * msPerPx + Number(this.#animation?.currentTime ?? 0);
    return Math.abs(atMs - leftMs) < ELSEWHERE_MS;
  }

  begin(view: TapeView): void {
    this.end();
    this.#view = view;
    const leftPx = SPARE_PX - view.shiftPx;
    const timing = {
      duration: leftPx * view.msPerPx,
      easing: `steps(${Math.max(1, Math.round(leftPx * this.#pixelRatio))}, end)`,
      fill: 'forwards',
    } as const;
    this.#animation = this.canvas.animate(
      [{ transform: leftBy(view.shiftPx) }, { transform: leftBy(SPARE_PX) }],
      timing,
    );
  }

  /** What is drawn on it is there, and it moves by itself. */
  show(): void {}

  rest(): void {
    this.#animation?.pause();
  }

  end(): void {
    this.#animation?.cancel();
    this.#animation = undefined;
    this.#view = undefined;
  }
}

function leftBy(px: number): string {
  return `translateX(${-px}px)`;
}
