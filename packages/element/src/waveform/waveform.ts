import { html } from 'lit';
import type { TemplateResult } from 'lit';
import { ref } from 'lit/directives/ref.js';
import type { GapEvent, SessionEvents } from 'turntape';
import type { MutedRange } from '../session-book.ts';
import type { TurnTapeTexts } from '../texts.ts';
import type { TurnList } from '../turn-list.ts';
import { COLUMN_MS, LevelHistory } from './level-history.ts';
import { Sight } from './sight.ts';
import { SPARE_PX, Slide } from './slide.ts';
import { TapeClock } from './tape-clock.ts';
import { paintTape } from './tape-painter.ts';
import { readPaints } from './tape-paints.ts';
import type { TapePaints, TapePart, TapeScene } from './tape-scene.ts';
import { DRAW_MS, LAG_MS, type TapeView, liveView, wholeView } from './tape-view.ts';

/** What the session says that the waveform shows beside levels. */
export interface WaveformFacts {
  turns: TurnList;
  muted: readonly MutedRange[];
  gaps: readonly GapEvent[];
  nowMs: number;
  /** The tape runs. Otherwise all of it is shown, and stands still. */
  running: boolean;
}

/** What the waveform tells. */
export interface WaveformPorts {
  /** It was drawn, or would have been: five times a second, four where motion is not wanted, never unseen. */
  step(): void;
}

/** The part of the session that is on the canvas. */
type TapeSpan = Pick<TapeScene, 'fromMs' | 'msPerPx' | 'nowMs'>;

/** With `prefers-reduced-motion` the meters go on this often. */
const STILL_STEP_MS = 250;

/** So far from where it should be, the tape is put there: three pixels. Less is the jitter of messages. */
const ELSEWHERE_MS = 60;

const NOTHING: WaveformFacts = { turns: [], muted: [], gaps: [], nowMs: 0, running: false };

/**
 * The two lanes on one timeline. The canvas is moved by an animation, which the browser does without the page; five times
 * a second what is new is drawn on it. Nothing at all is done while the tape stands still, or out of sight. With
 * `prefers-reduced-motion` nothing moves: it is drawn anew once a second.
 */
export class Waveform {
  readonly #ports: WaveformPorts;
  readonly #history = new LevelHistory();
  readonly #clock = new TapeClock();
  readonly #slide = new Slide();
  readonly #attach = (node: Element | undefined): void => this.#take(node);
  /** To be given the stage, which is more than the waveform. */
  readonly attachStage = (node: Element | undefined): void => {
    this.#stage = node;
    // Its colours and those of the names are those of the tape, and have a transition: see the styles.
    node?.addEventListener('transitionend', () => this.#redraw());
  };
  readonly #attachNames = (node: Element | undefined): void => void (this.#names = node);
  readonly #sight = new Sight({
    // What is seen for the first time, at another size or in other colours, is drawn whatever was drawn before.
    changed: () => this.#redraw(),
  });
  #facts = NOTHING;
  #canvas: HTMLCanvasElement | undefined;
  #stage: Element | undefined;
  #names: Element | undefined;
  #paints: TapePaints | undefined;
  /** Session time at the left edge of what is drawn; undefined: it is no longer true. */
  #drawnFrom: number | undefined;
  #drawnToMs = 0;
  #frame: number | undefined;
  #next: ReturnType<typeof setTimeout> | undefined;

  constructor(ports: WaveformPorts) {
    this.#ports = ports;
  }

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

  /** The next step comes by itself. */
  get steps(): boolean {
    return this.#sight.seen && (this.#frame !== undefined || this.#next !== undefined);
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
    clearTimeout(this.#next);
    this.#next = undefined;
    this.#slide.end();
    // The meters beside it are drawn with it, and may be all that a page shows of it.
    this.#sight.watch(node instanceof HTMLElement ? node : undefined, this.#stage);
  }

  #redraw(): void {
    this.#paints = undefined;
    this.#drawnFrom = undefined;
    this.#wake();
  }

  #wake(): void {
    if (this.#frame !== undefined || !this.#canvas || !this.#sight.seen) return;
    // Until the next column there is nothing to be done, unless what was drawn is no longer true.
    if (this.#next !== undefined && this.#drawnFrom !== undefined) return;
    clearTimeout(this.#next);
    this.#next = undefined;
    this.#frame = requestAnimationFrame((pageMs) => this.#tick(pageMs));
  }

  #tick(pageMs: number): void {
    this.#frame = undefined;
    if (!this.#canvas || !this.#sight.seen) return;
    this.#show(this.#canvas, pageMs);
    this.#ports.step();
    // Standing still it waits for the next level; so does one that runs out of them.
    if (!this.#facts.running || this.#clock.stands(pageMs)) return this.#slide.rest();
    const sinceMs = (this.#clock.at(pageMs) - LAG_MS) % DRAW_MS;
    const stepMs = this.#sight.still ? STILL_STEP_MS : DRAW_MS;
    this.#next = setTimeout(() => {
      this.#next = undefined;
      this.#wake();
    }, stepMs - sinceMs);
  }

  #show(canvas: HTMLCanvasElement, pageMs: number): void {
    const { width, height, pixelRatio, still } = this.#sight;
    if (width === 0 || height === 0) return;
    const { running, nowMs } = this.#facts;
    if (running && !still) return this.#run(canvas, liveView(this.#clock.at(pageMs), width, pixelRatio, false));
    this.#slide.end();
    const lengthMs = Math.max(nowMs, this.#history.lengthMs);
    const view = running ? liveView(this.#clock.at(pageMs), width, pixelRatio, true) : wholeView(lengthMs, width);
    if (view.fromMs === this.#drawnFrom) return;
    if (this.#draw(canvas, width, { ...view, nowMs: running ? Number.POSITIVE_INFINITY : lengthMs }))
      this.#drawnFrom = view.fromMs;
  }

  /** Draws what has come since, on a canvas that moves by itself; all of it when that has come to its end, or is elsewhere. */
  #run(canvas: HTMLCanvasElement, view: TapeView): void {
    const { msPerPx } = view;
    const leftMs = view.fromMs + view.shiftPx * msPerPx;
    const slide = this.#slide;
    const isThere = slide.leftMs !== undefined && Math.abs(slide.leftMs - leftMs) < ELSEWHERE_MS;
    const isAtItsEnd = leftMs + DRAW_MS > slide.fromMs + SPARE_PX * msPerPx;
    const goesOn = isThere && !isAtItsEnd;
    const fromMs = goesOn ? slide.fromMs : view.fromMs;
    // The newest column is drawn once more: it was perhaps not whole.
    const part =
      goesOn && this.#drawnFrom === fromMs
        ? { fromMs: this.#drawnToMs - COLUMN_MS, toMs: this.#history.lengthMs }
        : undefined;
    const span = { fromMs, msPerPx, nowMs: Number.POSITIVE_INFINITY };
    if (!this.#draw(canvas, this.#sight.width + SPARE_PX, span, part)) return;
    this.#drawnFrom = fromMs;
    this.#drawnToMs = this.#history.lengthMs;
    if (!goesOn) slide.begin(canvas, view, this.#sight.pixelRatio);
  }

  /** False: there is nothing to draw on as yet. */
  #draw(canvas: HTMLCanvasElement, width: number, view: TapeSpan, part?: TapePart): boolean {
    const { height, pixelRatio } = this.#sight;
    fit(canvas, width, height, pixelRatio);
    this.#paints ??= readPaints(this.#names ?? canvas);
    const alpha = this.#paints.well === undefined;
    const context = canvas.getContext('2d', { alpha });
    if (!context) return false;
    if (context.getContextAttributes().alpha !== alpha) {
      this.#replace(canvas);
      return false;
    }
    context.setTransform(pixelRatio, 0, 0, pixelRatio, 0, 0);
    const { turns, muted, gaps } = this.#facts;
    const { fromMs, msPerPx, nowMs } = view;
    const scene = { history: this.#history, turns, muted, gaps, fromMs, msPerPx, nowMs };
    paintTape(context, { width, height }, scene, this.#paints, part);
    return true;
  }

  /** Another look wants another kind of canvas: what it is made with cannot be changed. */
  #replace(canvas: HTMLCanvasElement): void {
    const fresh = document.createElement('canvas');
    canvas.replaceWith(fresh);
    this.#canvas = fresh;
    this.#slide.end();
    this.#redraw();
  }
}

function fit(canvas: HTMLCanvasElement, width: number, height: number, pixelRatio: number): void {
  const [wide, high] = [Math.round(width * pixelRatio), Math.round(height * pixelRatio)];
  if (canvas.width !== wide) canvas.width = wide;
  if (canvas.height !== high) canvas.height = high;
  canvas.style.width = `${width}px`;
  canvas.style.height = `${height}px`;
}
