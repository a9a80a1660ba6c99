import { html, nothing } from 'lit';
import type { PropertyDeclarations, TemplateResult } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import { isMissing } from '@turntape/element';
import type { StoredSession } from 'turntape';
import { LightElement } from './light-element.ts';
import { NO_TAPE, median, missingMs } from './tape.ts';
import type { Tape, TapeGap, TapeTurn } from './tape.ts';
import { dayAndTime, milliseconds, runningTime, seconds } from './words-for-people.ts';

/** Empty tape behind the end of a session. */
const AHEAD_MS = 2500;
/** Fewer seconds than this do not fill the strip: a short conversation must not look like a long one. */
const SHORTEST_MS = 20_000;
/** The strip grows beyond the panel, and is scrolled, when a second has less than this, in CSS pixels. */
const NARROWEST_SECOND_PX = 11;
/** Of what nobody heard, no more than this is drawn: the rest fades away. */
const LONGEST_GHOST_MS = 4000;
/** Distances of the marks below the lanes, in seconds; the first one that leaves room for the words is taken. */
const MARKS_S = [5, 10, 15, 30, 60, 120, 300];
const MARK_PX = 52;
/** A mark closer to the end has no room for its words. */
const MARK_WORDS_PX = 34;
/** So much room the words at a cut need before the next. */
const CUT_WORDS_PX = 84;

/**
 * Both lanes of a session on one time line, with every cut and every gap; above it what can be said in five figures.
 *
 * @fires demo-choose-session - Another session was chosen; `detail.sessionId`.
 */
export class DemoTape extends LightElement {
  static override properties: PropertyDeclarations = {
    tape: { attribute: false },
    live: { type: Boolean },
    sessions: { attribute: false },
    chosen: { attribute: false },
    widthPx: { state: true },
  };

  declare tape: Tape;
  /** The session runs: the strip follows its end. */
  declare live: boolean;
  declare sessions: readonly StoredSession[];
  /** Id of the session that is shown. */
  declare chosen: string | undefined;
  declare widthPx: number;
  readonly #width = new ResizeObserver(([entry]) => {
    this.widthPx = Math.floor(entry?.contentRect.width ?? this.widthPx);
  });

  constructor() {
    super();
    this.tape = NO_TAPE;
    this.live = false;
    this.sessions = [];
    this.widthPx = 600;
  }

  protected override firstUpdated(): void {
    const view = this.querySelector('.tape-view');
    if (view) this.#width.observe(view);
  }

  protected override updated(): void {
    const view = this.querySelector('.tape-view');
    if (!view) return;
    if (this.live) view.scrollLeft = view.scrollWidth;
    this.#showWholeTimes();
  }

  /** Half a time is another time: what the edge would cut is not shown. */
  #showWholeTimes(): void {
    const view = this.querySelector('.tape-view');
    for (const mark of this.querySelectorAll<HTMLElement>('.tape-axis span'))
      mark.classList.toggle('cut-off', view !== null && mark.offsetLeft < Math.floor(view.scrollLeft));
  }

  protected override render(): TemplateResult {
    const { turns, gaps } = this.tape;
    // There is some room ahead: what comes must not stick to the edge, and the words of the last cut need it, too.
    const lengthMs = Math.max(this.tape.lengthMs + AHEAD_MS, SHORTEST_MS);
    const stripPx = Math.max(this.widthPx, Math.round((lengthMs / 1000) * NARROWEST_SECOND_PX));
    const at = (ms: number): string => `${(100 * ms) / lengthMs}%`;
    const cuts = turns.filter(({ interrupted, speaker }) => interrupted && speaker === 'bot');
    const hasRoom = (index: number): boolean => {
      const [cut, next] = cuts.slice(index, index + 2);
      return !cut || !next || ((next.endMs - cut.endMs) / lengthMs) * stripPx >= CUT_WORDS_PX;
    };
    return html`
      <section class="panel tape" aria-labelledby="tape-title">
        <div class="panel-head">
          <h2 id="tape-title">The tape</h2>
          <span class="muted">two lanes, one clock</span>
          ${this.#chooser()}
        </div>
        ${this.#figures()}
        <div class="tape-frame">
          <div class="tape-names" aria-hidden="true"><span class="user">You</span><span class="bot">Bot</span></div>
          <div
            class="tape-view"
            role="region"
            tabindex="0"
            aria-label=${this.#summary()}
            data-testid="tape"
            @scroll=${() => this.#showWholeTimes()}
          >
            <div class="tape-strip" .style=${`inline-size: ${stripPx}px`}>
              <div class="tape-lane user">${this.#turnsOf('user', at)}${gapsIn('user', gaps, at)}</div>
              <div class="tape-lane bot">${this.#turnsOf('bot', at)}${gapsIn('bot', gaps, at)}</div>
              ${repeat(
                cuts,
                ({ turnId }) => turnId,
                (turn, index) => cutTemplate(turn, at, hasRoom(index)),
              )}
              ${this.live ? html`<div class="tape-now" .style=${`inset-inline-start: ${at(this.tape.lengthMs)}`}></div>` : nothing}
              <div class="tape-axis" aria-hidden="true">
                ${marks(lengthMs, stripPx).map(
                  (ms) => html`<span .style=${`inset-inline-start: ${at(ms)}`}>${runningTime(ms)}</span>`,
                )}
              </div>
            </div>
            ${turns.length === 0 ? html`<p class="tape-empty">Both voices appear here while you talk.</p>` : nothing}
          </div>
        </div>
      </section>
    `;
  }

  #turnsOf(speaker: TapeTurn['speaker'], at: (ms: number) => string): TemplateResult {
    const lane = this.tape.turns.filter((turn) => turn.speaker === speaker);
    return html`${repeat(
      lane,
      ({ turnId }) => turnId,
      (turn, index) => turnTemplate(turn, at, lane[index + 1]?.startMs),
    )}`;
  }

  #chooser(): TemplateResult | typeof nothing {
    if (this.sessions.length < 2) return nothing;
    const choose = (event: Event): void => {
      const detail = { sessionId: (event.target as HTMLSelectElement).value };
      this.dispatchEvent(new CustomEvent('demo-choose-session', { detail, bubbles: true }));
    };
    return html`
      <select aria-label="Session" .value=${this.chosen ?? ''} @change=${choose}>
        ${this.sessions.map(
          ({ session: { sessionId, startedAt, state }, segments }) => html`
            <option value=${sessionId} ?selected=${sessionId === this.chosen}>
              ${state === 'active' ? 'Running' : dayAndTime(startedAt)}, ${segments.length}
              turns${state === 'recovered' ? ', recovered' : ''}
            </option>
          `,
        )}
      </select>
    `;
  }

  #figures(): TemplateResult {
    const { turns, gaps } = this.tape;
    const cuts = turns.filter(({ interrupted }) => interrupted);
    const answered = median(turns.flatMap(({ answeredMs }) => (answeredMs === null ? [] : [answeredMs])));
    const silent = median(cuts.flatMap(({ silenceMs }) => (silenceMs === null ? [] : [silenceMs])));
    const missing = missingMs(gaps);
    return html`
      <dl class="figures">
        ${figure('Turns', String(turns.length))} ${figure('Cut off', String(cuts.length))}
        ${figure('Answers after', answered === null ? '–' : seconds(answered), 'From your last word to its first sound. The middle one of all answers.')}
        ${figure('Silent after', silent === null ? '–' : milliseconds(silent), 'From the first sound of your voice to the end of its own. The middle one of all cuts.')}
        ${figure('Missing', missing === 0 ? 'nothing' : milliseconds(missing), 'What could not be recorded. The tape shows where, and why.', missing === 0 ? 'good' : 'bad')}
      </dl>
    `;
  }

  #summary(): string {
    const { turns, gaps, lengthMs } = this.tape;
    const cuts = turns.filter(({ interrupted }) => interrupted).length;
    return `The tape: ${turns.length} turns in ${seconds(lengthMs)}, ${cuts} cut off, ${gaps.length} gaps`;
  }
}

function figure(name: string, value: string, title = '', tone = ''): TemplateResult {
  return html`<div title=${title}>
    <dt>${name}</dt>
    <dd class=${tone}>${value}</dd>
  </div>`;
}

/** A turn, and behind a cut one the ghost of what nobody heard: as far as the next turn of the lane. */
function turnTemplate(turn: TapeTurn, at: (ms: number) => string, nextMs = Number.POSITIVE_INFINITY): TemplateResult {
  const { speaker, startMs, endMs, open, unheardMs } = turn;
  const who = speaker === 'user' ? 'You' : 'Bot';
  const length = seconds(endMs - startMs);
  const ghostMs = Math.min(unheardMs, nextMs - endMs, LONGEST_GHOST_MS);
  return html`
    <div
      class="tape-turn ${speaker} ${open ? 'open' : ''}"
      title=${`${who}, ${length}, at ${runningTime(startMs)}`}
      data-turn-id=${turn.turnId}
      .style=${`inset-inline-start: ${at(startMs)}; inline-size: ${at(endMs - startMs)}`}
    >
      <span>${length}</span>
    </div>
    ${
      ghostMs > 0
        ? html`<div
            class="tape-ghost ${ghostMs < unheardMs ? 'more' : ''}"
            title=${`Never heard: ${seconds(unheardMs)}`}
            .style=${`inset-inline-start: ${at(endMs)}; inline-size: ${at(ghostMs)}`}
          ></div>`
        : nothing
    }
  `;
}

function cutTemplate({ endMs, silenceMs }: TapeTurn, at: (ms: number) => string, hasRoom: boolean): TemplateResult {
  const words = silenceMs === null ? 'cut' : `cut, ${milliseconds(silenceMs)}`;
  return html`<div class="tape-cut" title=${words} .style=${`inset-inline-start: ${at(endMs)}`}>
    ${hasRoom ? html`<span>${words}</span>` : nothing}
  </div>`;
}

/** What a lane is without: its own, and what both are. */
function gapsIn(speaker: TapeTurn['speaker'], gaps: readonly TapeGap[], at: (ms: number) => string): TemplateResult[] {
  return gaps.filter((gap) => gap.speaker === undefined || gap.speaker === speaker).map((gap) => gapTemplate(gap, at));
}

function gapTemplate({ startMs, endMs, cause }: TapeGap, at: (ms: number) => string): TemplateResult {
  const missing = isMissing(cause);
  return html`<div
    class="tape-gap ${missing ? '' : 'whole'}"
    title=${`${missing ? 'Missing' : 'No sound, nothing missing'}: ${milliseconds(endMs - startMs)}, ${cause.replaceAll('_', ' ')}`}
    .style=${`inset-inline-start: ${at(startMs)}; inline-size: ${at(endMs - startMs)}`}
  ></div>`;
}

function marks(lengthMs: number, stripPx: number): number[] {
  const pxPerSecond = stripPx / (lengthMs / 1000);
  const stepS = MARKS_S.find((each) => each * pxPerSecond >= MARK_PX) ?? 600;
  const all = Array.from({ length: Math.ceil(lengthMs / 1000 / stepS) }, (_, index) => index * stepS * 1000);
  return all.filter((ms) => ((lengthMs - ms) / 1000) * pxPerSecond >= MARK_WORDS_PX);
}

customElements.define('demo-tape', DemoTape);
