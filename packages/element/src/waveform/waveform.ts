import { html } from 'lit';
import type { TemplateResult } from 'lit';
import { ref } from 'lit/directives/ref.js';
import type { GapEvent, SessionEvents } from 'turntape';
import type { MutedRange } from '../session-book.ts';
import type { TurnTapeTexts } from '../texts.ts';
import type { TurnList } from '../turn-list.ts';
import { COLUMN_MS, LevelHistory } from './level-history.ts';
import { Sight } from './sight.ts';
import { TapeClock } from './tape-clock.ts';
import { COLUMN_PX, paintTape } from './tape-painter.ts';
import type { TapePaints } from './tape-painter.ts';
import { LAG_MS, type TapeView, liveView, wholeView } from './tape-view.ts';

/** What the session says that the waveform shows beside levels. */
export interface WaveformFacts {
  turns: TurnList;
  muted: readonly MutedRange[];
  gaps: readonly GapEvent[];
  nowMs: number;
  /** The tape runs. Otherwise all of it is shown, and stands still. */
  running: boolean;
}

const NOTHING: WaveformFacts = { turns: [], muted: [], gaps: [], nowMs: 0, running: false };

/**
 * The two lanes on one timeline. It is drawn once for each column; between two of them the canvas is moved by an animation,
 * which the browser does without the page. Nothing at all is done while the tape stands still, or out of sight. With `prefers-reduced-motion` nothing moves: it is drawn anew once a
 * second.
 */
export class Waveform {
  readonly #history = new LevelHistory();
  readonly #clock = new TapeClock();
  readonly #attach = (node: Element | undefined): void => this.#take(node);
  readonly #attachNames = (node: Element | undefined): void => {
    this.#names = node;
    // The colours of the names are those of the lanes, and have a transition: see the styles.
    node?.addEventListener('transitionend', () => this.#redraw());
  };
  readonly #sight = new Sight({
    // What is seen for the first time, at another size or in other colours, is drawn whatever was drawn before.
    changed: () => this.#redraw(),
  });
  #facts = NOTHING;
  #canvas: HTMLCanvasElement | undefined;
  #names: Element | undefined;
  #paints: TapePaints | undefined;
  #drawnFrom: number | undefined;
  #frame: number | undefined;
  #nextColumn: ReturnType<typeof setTimeout> | undefined;
  #slide: Animation | undefined;

  /** The window, the canvas in it, and the names of the lanes. */
  template(texts: TurnTapeTexts): TemplateResult {
    return html`
      <div class="lane-names" aria-hidden="true" ${ref(this.#attachNames)}>
        <span class="lane-name user" part="lane-name lane-name-user">${texts.user}</span>
        <span class="lane-name bot" part="lane-name lane-name-bot">${texts.bot}</span>
        <span class="paint-line" hidden></span><span class="paint-text" hidden></span
        ><span class="paint-cut" hidden></span><span class="paint-gap" hidden></span>
      </div>
      <div class="tape-window" part="waveform" role="img" aria-label=${texts.waveform} ${ref(this.#attach)}>
        <canvas></canvas>
      </div>
    `;
  }

  /** Takes a level. */
  show(event: SessionEvents['level']): void {
    this.#history.add(event);
    this.#clock.heard(event.atMs, performance.now());
    this.#wake();
  }

  /** Takes what else there is to be seen. */
  update(facts: WaveformFacts): void {
    const before = this.#facts;
    this.#facts = facts;
    const isSame =
      before.turns === facts.turns &&
      before.gaps === facts.gaps &&
      before.muted === facts.muted &&
      before.running === facts.running;
    if (isSame) return;
    this.#drawnFrom = undefined;
    this.#wake();
  }

  /** An empty tape, for another session. */
  clear(): void {
    this.#history.clear();
    this.#clock.reset();
    this.#facts = NOTHING;
    this.#drawnFrom = undefined;
    this.#wake();
  }

  #take(node: Element | undefined): void {
    this.#canvas = node?.querySelector('canvas') ?? undefined;
    this.#paints = undefined;
    this.#drawnFrom = undefined;
    if (this.#frame !== undefined) cancelAnimationFrame(this.#frame);
    this.#frame = undefined;
    clearTimeout(this.#nextColumn);
    this.#nextColumn = undefined;
    this.#slide = undefined;
    this.#sight.watch(node instanceof HTMLElement ? node : undefined);
  }

  #redraw(): void {
    this.#paints = undefined;
    this.#drawnFrom = undefined;
    this.#wake();
  }

  #wake(): void {
    if (this.#frame !== undefined || !this.#canvas || !this.#sight.seen) return;
    // Until the next column there is nothing to be done, unless what was drawn is no longer true.
    if (this.#nextColumn !== undefined && this.#drawnFrom !== undefined) return;
    clearTimeout(this.#nextColumn);
    this.#nextColumn = undefined;
    this.#frame = requestAnimationFrame((pageMs) => this.#tick(pageMs));
  }

  #tick(pageMs: number): void {
    this.#frame = undefined;
    if (!this.#canvas || !this.#sight.seen) return;
    this.#show(this.#canvas, pageMs);
    // Standing still it waits for the next level; so does one that runs out of them.
    if (!this.#facts.running || this.#sight.still || this.#clock.stands(pageMs)) return;
    const sinceMs = (this.#clock.at(pageMs) - LAG_MS) % COLUMN_MS;
    this.#nextColumn = setTimeout(() => {
      this.#nextColumn = undefined;
      this.#wake();
    }, COLUMN_MS - sinceMs);
  }

  #show(canvas: HTMLCanvasElement, pageMs: number): void {
    const { width, height, pixelRatio, still } = this.#sight;
    if (width === 0 || height === 0) return;
    const { running, nowMs } = this.#facts;
    const lengthMs = Math.max(nowMs, this.#history.lengthMs);
    const view = running ? liveView(this.#clock.at(pageMs), width, pixelRatio, still) : wholeView(lengthMs, width);
    if (view.fromMs === this.#drawnFrom) return;
    this.#draw(canvas, view, running ? Number.POSITIVE_INFINITY : lengthMs);
    this.#drawnFrom = view.fromMs;
    this.#slide?.cancel();
    this.#slide = running && !still ? slide(canvas, view, pixelRatio) : undefined;
  }

  #draw(canvas: HTMLCanvasElement, view: { fromMs: number; msPerPx: number }, nowMs: number): void {
    const { height, pixelRatio } = this.#sight;
    // One column more than the window: it is moved by less than that.
    const width = this.#sight.width + COLUMN_PX;
    fit(canvas, width, height, pixelRatio);
    const context = canvas.getContext('2d');
    if (!context) return;
    context.setTransform(pixelRatio, 0, 0, pixelRatio, 0, 0);
    this.#paints ??= readPaints(this.#names ?? canvas);
    const { turns, muted, gaps } = this.#facts;
    paintTape(context, { width, height }, { history: this.#history, turns, muted, gaps, nowMs, ...view }, this.#paints);
  }
}

/** By device pixels, to the end of the column; there it waits for the next one. */
function slide(canvas: HTMLCanvasElement, { shiftPx, msPerPx }: TapeView, pixelRatio: number): Animation | undefined {
  const leftPx = COLUMN_PX - shiftPx;
  const steps = Math.round(leftPx * pixelRatio);
  if (steps < 1) return undefined;
  const timing = { duration: leftPx * msPerPx, easing: `steps(${steps}, end)`, fill: 'forwards' } as const;
  return canvas.animate([{ transform: leftBy(shiftPx) }, { transform: leftBy(COLUMN_PX) }], timing);
}

function leftBy(px: number): string {
  return `translateX(${-px}px)`;
}

function fit(canvas: HTMLCanvasElement, width: number, height: number, pixelRatio: number): void {
  const [wide, high] = [Math.round(width * pixelRatio), Math.round(height * pixelRatio)];
  if (canvas.width !== wide) canvas.width = wide;
  if (canvas.height !== high) canvas.height = high;
  canvas.style.width = `${width}px`;
  canvas.style.height = `${height}px`;
}

/** From nodes that carry the colours: what a custom property says, only the browser can resolve. */
function readPaints(names: Element): TapePaints {
  const color = (selector: string): string => {
    const node = names.querySelector(selector);
    return node ? getComputedStyle(node).color : 'currentColor';
  };
  const { fontFamily } = getComputedStyle(names);
  return {
    user: color('.lane-name.user'),
    bot: color('.lane-name.bot'),
    line: color('.paint-line'),
    text: color('.paint-text'),
    cut: color('.paint-cut'),
    gap: color('.paint-gap'),
    font: `500 11px ${fontFamily}`,
  };
}
