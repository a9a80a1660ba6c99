import { html } from 'lit';
import type { TemplateResult } from 'lit';
import { ref } from 'lit/directives/ref.js';
import type { SessionEvents, Turn } from 'turntape';
import type { TurnTapeTexts } from './texts.ts';

type LevelEvent = SessionEvents['level'];

/** What counts as silence on the meter, in dBFS. Speech close to a microphone is at about -30 to -15. */
const FLOOR_DB = -60;
/** How fast the meter falls, in dB per second: fast enough for syllables, slow enough for the eye. */
const FALL_DB_PER_SECOND = 48;
/** With `prefers-reduced-motion` the meter moves in steps this far apart. */
const STILL_STEP_MS = 500;

/**
 * One speaker's level. It writes to its own node, since levels come far more often than the rest of the element has
 * anything new to draw. It runs frames only while something is to be seen.
 */
export class LevelMeter {
  readonly #speaker: Turn['speaker'];
  readonly #attach = (node: Element | undefined): void => this.#take(node);
  #node: HTMLElement | undefined;
  #db = FLOOR_DB;
  #frame: number | undefined;
  #drawnAt = 0;
  #texts: TurnTapeTexts | undefined;

  constructor(speaker: Turn['speaker']) {
    this.#speaker = speaker;
  }

  /** The meter as a template: a name and a bar. */
  template(texts: TurnTapeTexts): TemplateResult {
    this.#texts = texts;
    const name = this.#speaker === 'user' ? texts.levelOfUser : texts.levelOfBot;
    return html`
      <div class="lane ${this.#speaker}" part="lane lane-${this.#speaker}">
        <span class="lane-name" aria-hidden="true">${this.#speaker === 'user' ? texts.user : texts.bot}</span>
        <div
          class="meter"
          part="meter meter-${this.#speaker}"
          role="meter"
          aria-label=${name}
          aria-valuemin=${FLOOR_DB}
          aria-valuemax="0"
          aria-valuenow=${FLOOR_DB}
          ${ref(this.#attach)}
        >
          <div class="meter-fill" part="meter-fill"></div>
        </div>
      </div>
    `;
  }

  /** Takes a level. A rise is shown at once, a fall is eased. */
  show(event: LevelEvent): void {
    this.#db = Math.max(this.#db, clampDb(event.rmsDb));
    this.#run();
  }

  /** Back to silence, without a frame left running. */
  rest(): void {
    if (this.#frame !== undefined) cancelAnimationFrame(this.#frame);
    this.#frame = undefined;
    this.#db = FLOOR_DB;
    this.#draw();
  }

  #take(node: Element | undefined): void {
    this.#node = node instanceof HTMLElement ? node : undefined;
    if (this.#node) this.#draw();
  }

  #run(): void {
    if (this.#frame !== undefined || !this.#node) return;
    this.#drawnAt = performance.now();
    this.#frame = requestAnimationFrame((now) => this.#tick(now));
  }

  #tick(now: number): void {
    this.#frame = undefined;
    const passedMs = Math.max(0, now - this.#drawnAt);
    const still = matchMedia('(prefers-reduced-motion: reduce)').matches;
    if (!still || passedMs >= STILL_STEP_MS || this.#node?.style.getPropertyValue('--level') === '0') {
      this.#draw();
      this.#db = clampDb(this.#db - (FALL_DB_PER_SECOND * passedMs) / 1000);
      this.#drawnAt = now;
    }
    if (this.#db > FLOOR_DB) this.#frame = requestAnimationFrame((next) => this.#tick(next));
    else this.#draw();
  }

  #draw(): void {
    const node = this.#node;
    if (!node) return;
    const rounded = Math.round(this.#db);
    node.style.setProperty('--level', String(Math.round(levelFraction(this.#db) * 1000) / 1000));
    // Whole decibels only: assistive technology is told of a change, not of every frame.
    if (node.getAttribute('aria-valuenow') !== String(rounded) || !node.hasAttribute('aria-valuetext')) {
      node.setAttribute('aria-valuenow', String(rounded));
      const silent = rounded <= FLOOR_DB;
      node.setAttribute('aria-valuetext', (silent ? this.#texts?.silent : this.#texts?.level(rounded)) ?? '');
    }
  }
}

/** The share of the bar that a level fills: nothing at -60 dBFS and below, all of it at full scale. */
function levelFraction(db: number): number {
  return (clampDb(db) - FLOOR_DB) / -FLOOR_DB;
}

function clampDb(db: number): number {
  if (Number.isNaN(db)) return FLOOR_DB;
  return Math.min(0, Math.max(FLOOR_DB, db));
}
