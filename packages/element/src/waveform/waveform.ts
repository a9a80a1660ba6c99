import { html } from 'lit';
import type { TemplateResult } from 'lit';
import { ref } from 'lit/directives/ref.js';
import type { GapEvent, SessionEvents } from 'turntape';
import type { SilentRange } from '../session-book.ts';
import type { TurnTapeTexts } from '../texts.ts';
import type { TurnList } from '../turn-list.ts';
import { COLUMN_MS, LevelHistory } from './level-history.ts';
import { Sight } from './sight.ts';
import { hasGraphicsCard } from './graphics-card.ts';
import { LeapingTape } from './leaping-tape.ts';
import { SlidingTape } from './sliding-tape.ts';
import { TapeClock } from './tape-clock.ts';
import { paintTape } from './tape-painter.ts';
import { readPaints } from './tape-paints.ts';
import type { TapePaints, TapePart, TapeScene } from './tape-scene.ts';
import { SPARE_PX, type TapeSurface } from './tape-surface.ts';
import { DRAW_MS, LAG_MS, LEAP_MS, type TapeView, liveView, wholeView } from './tape-view.ts';

/** What the session says that the waveform shows beside levels. */
export interface WaveformFacts {
  turns: TurnList;
  silent: readonly SilentRange[];
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

/** With `prefers-reduced-motion` the meters go on this often. */
const STILL_STEP_MS = 250;

/** The part of the session that is on the tape. */
type TapeSpan = Pick<TapeScene, 'fromMs' | 'msPerPx' | 'nowMs'>;

const NOTHING: WaveformFacts = { turns: [], silent: [], gaps: [], nowMs: 0, running: false };

/**
 * The two lanes on one timeline. The tape is moved by an animation, which the browser does without the page, or, where there is no
 * graphics card to do it, by the page in larger steps; five times a second what is new is drawn on it. Nothing at all is done
 * while it stands still, or out of sight. With `prefers-reduced-motion` nothing moves: it is drawn anew once a second.
 */
export class Waveform {
  readonly #ports: WaveformPorts;
  readonly #history = new LevelHistory();
  readonly #clock = new TapeClock();
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
  #surface: TapeSurface | undefined;
  #hasCard: boolean | undefined;
  #stage: Element | undefined;
  #names: Element | undefined;
  #paints: TapePaints | undefined;
  /** Session time at the left edge of what is drawn; undefined: it is no longer true. */
  #drawnFrom: number | undefined;
  #drawnToMs = 0;
  /** The step that was told last. */
  #step = Number.NaN;
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
      before.silent === facts.silent &&
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
    this.#surface?.end();
    this.#surface = undefined;
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
    if (this.#next !== undefined && (this.#drawnFrom !== undefined || !this.#sight.hasRoom)) return;
    clearTimeout(this.#next);
    this.#next = undefined;
    this.#frame = requestAnimationFrame((pageMs) => this.#tick(pageMs));
  }

  #tick(pageMs: number): void {
    this.#frame = undefined;
    if (!this.#canvas || !this.#sight.seen) return;
    const headMs = this.#clock.at(pageMs) - LAG_MS;
    const step = Math.floor(headMs / DRAW_MS);
    const leaps = this.#moves && this.#sight.hasRoom && this.#surface?.leaps === true;
    // Between two steps a tape that leaps is only moved.
    if (leaps && step === this.#step && this.#drawnFrom !== undefined) this.#surface?.show(this.#liveView(pageMs));
    else {
      this.#step = step;
      this.#show(this.#canvas, pageMs);
      this.#ports.step();
    }
    // Standing still it waits for the next level; so does one that runs out of them.
    if (!this.#facts.running || this.#clock.stands(pageMs)) return this.#surface?.rest();
    const everyMs = this.#sight.still ? STILL_STEP_MS : leaps ? LEAP_MS : DRAW_MS;
    this.#next = setTimeout(
      () => {
        this.#next = undefined;
        if (leaps) this.#tick(performance.now());
        else this.#wake();
      },
      // Never a part of a millisecond too early: it would come twice.
      Math.ceil(everyMs - (headMs % everyMs)),
    );
  }

  /** It runs, and its reader does not mind. */
  get #moves(): boolean {
    return this.#facts.running && !this.#sight.still;
  }

  #liveView(pageMs: number): TapeView {
    const { width, pixelRatio } = this.#sight;
    return liveView(this.#clock.at(pageMs), width, pixelRatio, !this.#moves);
  }

  #show(canvas: HTMLCanvasElement, pageMs: number): void {
    // A page that leaves it no room: the browser would count its frames for nothing.
    if (!this.#sight.hasRoom) return this.#surface?.end();
    this.#paints ??= readPaints(this.#names ?? canvas);
    const surface = this.#surfaceOn(canvas, this.#paints.well !== undefined);
    if (this.#moves) return this.#run(surface, this.#liveView(pageMs));
    surface.end();
    const { running, nowMs } = this.#facts;
    const { width } = this.#sight;
    const lengthMs = Math.max(nowMs, this.#history.lengthMs);
    const view = running ? this.#liveView(pageMs) : wholeView(lengthMs, width);
    if (view.fromMs === this.#drawnFrom) return;
    const toMs = running ? Number.POSITIVE_INFINITY : lengthMs;
    if (!this.#draw(surface, { ...view, nowMs: toMs, tapePx: width })) return;
    this.#drawnFrom = view.fromMs;
    surface.show(view);
  }

  /** Draws what has come since, on a tape that moves; all of it when that has come to its end, or is elsewhere. */
  #run(surface: TapeSurface, view: TapeView): void {
    const { msPerPx } = view;
    const leftMs = view.fromMs + view.shiftPx * msPerPx;
    const began = surface.fromMs;
    const goesOn = began !== undefined && surface.reaches(leftMs) && leftMs + DRAW_MS <= began + SPARE_PX * msPerPx;
    const fromMs = goesOn ? began : view.fromMs;
    // The newest column is drawn once more: it was perhaps not whole.
    const part =
      goesOn && this.#drawnFrom === fromMs
        ? { fromMs: this.#drawnToMs - COLUMN_MS, toMs: this.#history.lengthMs }
        : undefined;
    const tapePx = this.#sight.width + SPARE_PX;
    if (!this.#draw(surface, { fromMs, msPerPx, nowMs: Number.POSITIVE_INFINITY, tapePx }, part)) return;
    this.#drawnFrom = fromMs;
    this.#drawnToMs = this.#history.lengthMs;
    if (!goesOn) surface.begin(view);
    surface.show(view);
  }

  /** False: there is nothing to draw on. */
  #draw(surface: TapeSurface, { tapePx, ...view }: TapeSpan & { tapePx: number }, part?: TapePart): boolean {
    const { width: windowPx, height: heightPx, pixelRatio } = this.#sight;
    const context = surface.open({ tapePx, windowPx, heightPx, pixelRatio });
    if (!context || !this.#paints) return false;
    context.setTransform(pixelRatio, 0, 0, pixelRatio, 0, 0);
    const { turns, silent, gaps } = this.#facts;
    const scene = { history: this.#history, turns, silent, gaps, ...view };
    paintTape(context, { width: tapePx, height: heightPx }, scene, this.#paints, part);
    return true;
  }

  /** The one that is there, or another where another look or way to move wants one: what a canvas is made with cannot be changed. */
  #surfaceOn(canvas: HTMLCanvasElement, isOpaque: boolean): TapeSurface {
    const before = this.#surface;
    const leaps =
      before?.leaps === true ||
      (this.#moves && !(this.#hasCard ??= hasGraphicsCard()) && 'transferControlToOffscreen' in canvas);
    if (before?.isOpaque === isOpaque && before.leaps === leaps) return before;
    before?.end();
    const fresh = before ? document.createElement('canvas') : canvas;
    if (before) canvas.replaceWith(fresh);
    this.#canvas = fresh;
    this.#drawnFrom = undefined;
    return (this.#surface = leaps ? new LeapingTape(fresh, isOpaque) : new SlidingTape(fresh, isOpaque));
  }
}
