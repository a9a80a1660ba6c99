import { html } from 'lit';
import type { TemplateResult } from 'lit';
import { ref } from 'lit/directives/ref.js';
import type { Speaker } from 'turntape';
import { paintOverview } from './overview-painter.ts';
import type { PeakBook } from './peak-book.ts';
import type { ReviewHole, ReviewPart, ReviewSession, ReviewTurn } from './review-session.ts';
import { turnAt } from './review-session.ts';
import { Surface } from './surface.ts';
import { TimelineOverlay } from './timeline-overlay.ts';
import { type TimelineColors, isStale, readColors } from './timeline-colors.ts';
import { type Painted, paintTimeline } from './timeline-painter.ts';
import { TimelinePointer } from './timeline-pointer.ts';
import { type Viewport, openingView, panned, showing, spanOf, toMs, toX, wholeOf, zoomed } from './viewport.ts';

/** What the timeline needs of its house. */
export interface TimelinePorts {
  peaks: PeakBook;
  session(): ReviewSession | undefined;
  positionMs(): number;
  silent(): ReadonlySet<Speaker>;
  isGone(part: ReviewPart): boolean;
  holeWord(hole: ReviewHole): string;
  time(ms: number): string;
  seek(ms: number): void;
}

/** The lanes, the strip above them, and what of the session they show. It draws to canvases of its own. */
export class TimelineView {
  readonly #ports: TimelinePorts;
  readonly #lanes = new Surface();
  readonly #strip = new Surface();
  readonly #sizes = new ResizeObserver(() => this.paint());
  readonly #pointer: TimelinePointer;
  #view: Viewport = openingView(0);
  /** What the session opened with: as long as that is seen, nobody has chosen another. */
  #opened = this.#view;
  #colors: TimelineColors | undefined;
  #probe: HTMLElement | undefined;
  readonly #overlay = new TimelineOverlay();
  #hovered: ReviewTurn | undefined;
  #frame: number | undefined;
  readonly #schemes = ['(prefers-color-scheme: dark)', '(forced-colors: active)'].map((query) => matchMedia(query));
  readonly #recolor = (): void => {
    this.#colors = undefined;
    this.paint();
  };
  #painted: Painted & { columns: number } = { turns: 0, holes: 0, bars: 0, columns: 0 };

  constructor(ports: TimelinePorts) {
    this.#ports = ports;
    this.#pointer = new TimelinePointer({
      toMs: (px) => toMs(this.#view, this.#lanes.width, px),
      stripToMs: (px) => (px / Math.max(1, this.#strip.width)) * this.#durationMs,
      seek: (ms) => ports.seek(ms),
      center: (ms) => this.#show(panned(this.#view, ms - (this.#view.fromMs + this.#view.toMs) / 2, this.#durationMs)),
      pan: (byPx) =>
        this.#show(panned(this.#view, (byPx / Math.max(1, this.#lanes.width)) * spanOf(this.#view), this.#durationMs)),
      zoom: (factor, px) => this.zoom(factor, toMs(this.#view, this.#lanes.width, px)),
      hover: (px) => this.#hover(px),
    });
  }

  /** The part that is seen. */
  get view(): Viewport {
    return this.#view;
  }

  /** What the last painting came to. */
  get painted(): Painted & { columns: number } {
    return this.#painted;
  }

  /** Another session, or the same one grown: the view stays when somebody chose it, and else grows with the session. */
  open(same: boolean): void {
    const chosen = same && this.#view !== this.#opened;
    if (!chosen) this.#view = this.#opened = openingView(this.#durationMs);
    this.#hovered = undefined;
    this.paint();
  }

  /** Closer or farther, around a place, or the playhead when that is seen. */
  zoom(factor: number, around?: number): void {
    const { fromMs, toMs: end } = this.#view;
    const head = this.#ports.positionMs();
    const anchor = around ?? (head >= fromMs && head <= end ? head : (fromMs + end) / 2);
    this.#show(zoomed(this.#view, factor, anchor, this.#durationMs));
  }

  fit(): void {
    this.#show(wholeOf(this.#durationMs));
  }

  /** Turns to the page of the playhead. */
  follow(): void {
    if (this.#pointer.busy) return;
    const view = showing(this.#view, this.#ports.positionMs(), this.#durationMs);
    if (view !== this.#view) this.#view = view;
  }

  /** Both canvases and what lies over them. The slider around them is the element's. */
  template(): TemplateResult {
    return html`
      <canvas class="lanes" aria-hidden="true" ${ref(this.#lanes.take)}></canvas>
      ${this.#overlay.template()}
      <span class="probe" aria-hidden="true" ${ref(this.#takeProbe)}></span>
    `;
  }

  stripTemplate(): TemplateResult {
    return html`<canvas class="overview" part="overview" aria-hidden="true" ${ref(this.#strip.take)}></canvas>`;
  }

  /** To be called after each drawing of the element. */
  update(): void {
    this.#sizes.disconnect();
    for (const node of [this.#lanes.node, this.#strip.node]) if (node) this.#sizes.observe(node);
    for (const scheme of this.#schemes) scheme.addEventListener('change', this.#recolor);
    this.#pointer.listen(this.#lanes.node?.parentElement ?? undefined, this.#strip.node);
    this.#colors = undefined;
    this.paint();
  }

  /** Paints with the next frame. */
  paint(): void {
    this.#frame ??= requestAnimationFrame(() => {
      this.#frame = undefined;
      this.paintNow();
    });
  }

  paintNow(): void {
    const session = this.#ports.session();
    const lanes = this.#lanes.begin();
    if (!session || !lanes || !this.#probe) return;
    if (!this.#colors || isStale(this.#colors, this.#probe)) this.#colors = readColors(this.#probe);
    const colors = this.#colors;
    const { width, height } = this.#lanes;
    const ports = this.#ports;
    const positionMs = ports.positionMs();
    const shared = {
      session,
      view: this.#view,
      colors,
      positionMs,
      peaks: (part: ReviewPart) => ports.peaks.of(part),
      gain: (speaker: Speaker) => ports.peaks.gain(speaker),
    };
    const current = turnAt(session.turns, positionMs);
    const silent = ports.silent();
    const painted = paintTimeline(lanes, {
      ...shared,
      width,
      height,
      current,
      hovered: this.#hovered,
      silent,
      isGone: (part) => ports.isGone(part),
      holeWord: (hole) => ports.holeWord(hole),
      time: (ms) => ports.time(ms),
    });
    const strip = this.#strip.begin();
    const columns = strip
      ? paintOverview(strip, { ...shared, width: this.#strip.width, height: this.#strip.height }).columns
      : 0;
    this.#painted = { ...painted, columns };
    this.#overlay.place(toX(this.#view, width)(positionMs), width);
    this.#wantPeaks(session);
  }

  dispose(): void {
    this.#sizes.disconnect();
    for (const scheme of this.#schemes) scheme.removeEventListener('change', this.#recolor);
    this.#pointer.listen(undefined, undefined);
    if (this.#frame !== undefined) cancelAnimationFrame(this.#frame);
    this.#frame = undefined;
  }

  get #durationMs(): number {
    return this.#ports.session()?.durationMs ?? 1;
  }

  #show(view: Viewport): void {
    this.#view = view;
    this.paint();
  }

  /** What is seen first; the rest of the session only where its outlines are kept. */
  #wantPeaks(session: ReviewSession): void {
    const { peaks } = this.#ports;
    const all = session.turns.flatMap(({ parts, tails }) => [...parts, ...tails]);
    const seen = all.filter(
      ({ startMs, durationMs }) => startMs <= this.#view.toMs && startMs + durationMs >= this.#view.fromMs,
    );
    peaks.want(peaks.areKept ? [...seen, ...all] : seen);
  }

  #hover(px: number | undefined): void {
    const session = this.#ports.session();
    if (!session) return;
    const ms = px === undefined ? undefined : toMs(this.#view, this.#lanes.width, px);
    const hovered = ms === undefined ? undefined : turnAt(session.turns, ms);
    this.#overlay.point(px, this.#lanes.width, this.#ports.time(Math.max(0, ms ?? 0)));
    if (hovered === this.#hovered) return;
    this.#hovered = hovered;
    this.paint();
  }

  readonly #takeProbe = (node: Element | undefined): void => void (this.#probe = node as HTMLElement | undefined);
}
