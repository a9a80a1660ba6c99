import { html } from 'lit';
import type { TemplateResult } from 'lit';
import { ref } from 'lit/directives/ref.js';
import type { SessionEvents, Turn } from 'turntape';
import type { TurnTapeTexts } from '../texts.ts';
import { FLOOR_DB, clampDb, levelFraction } from './level-scale.ts';

/** Assistive technology is told of a level this often at most, in milliseconds: it is read, not watched. */
const TOLD_EVERY_MS = 500;

/** A level falls by no more than this from one step to the next, in decibels: a meter that leaps down cannot be read. */
const FALL_DB = 8;

/**
 * One speaker's level. It writes to its own node, since levels come far more often than the rest of the element has
 * anything new to draw; and only with the waveform's steps, so that both are one frame.
 */
export class LevelMeter {
  readonly #speaker: Turn['speaker'];
  readonly #attach = (node: Element | undefined): void => this.#take(node);
  #node: HTMLElement | undefined;
  #fill: HTMLElement | undefined;
  #texts: TurnTapeTexts | undefined;
  /** The loudest since the last step, and what is drawn. */
  #loudestDb = FLOOR_DB;
  #drawnDb = FLOOR_DB;
  #toldAt = Number.NEGATIVE_INFINITY;

  constructor(speaker: Turn['speaker']) {
    this.#speaker = speaker;
  }

  /** The meter as a template. */
  template(texts: TurnTapeTexts): TemplateResult {
    this.#texts = texts;
    return html`
      <div
        class="meter ${this.#speaker}"
        part="meter meter-${this.#speaker}"
        role="meter"
        aria-label=${this.#speaker === 'user' ? texts.levelOfUser : texts.levelOfBot}
        aria-valuemin=${FLOOR_DB}
        aria-valuemax="0"
        aria-valuenow=${FLOOR_DB}
        ${ref(this.#attach)}
      >
        <div class="meter-fill" part="meter-fill"></div>
      </div>
    `;
  }

  /** Takes a level, for the next step. */
  show({ rmsDb }: SessionEvents['level']): void {
    const db = clampDb(rmsDb);
    this.#loudestDb = Math.max(this.#loudestDb, db);
    const now = performance.now();
    if (now - this.#toldAt < TOLD_EVERY_MS) return;
    this.#toldAt = now;
    this.#tell(db);
  }

  /** Draws the loudest of what came since the last step. */
  step(): void {
    this.#draw(Math.max(this.#loudestDb, this.#drawnDb - FALL_DB));
    this.#loudestDb = FLOOR_DB;
  }

  /** Back to silence. */
  rest(): void {
    this.#loudestDb = FLOOR_DB;
    this.#draw(FLOOR_DB);
    this.#tell(FLOOR_DB);
    this.#toldAt = Number.NEGATIVE_INFINITY;
  }

  #take(node: Element | undefined): void {
    this.#node = node instanceof HTMLElement ? node : undefined;
    this.#fill = this.#node?.querySelector<HTMLElement>('.meter-fill') ?? undefined;
    if (this.#node) this.rest();
  }

  #draw(db: number): void {
    this.#drawnDb = Math.max(FLOOR_DB, db);
    const transform = `scaleY(${Math.round(levelFraction(this.#drawnDb) * 50) / 50})`;
    if (this.#fill && this.#fill.style.transform !== transform) this.#fill.style.transform = transform;
  }

  #tell(db: number): void {
    const rounded = Math.round(db);
    const words = rounded <= FLOOR_DB ? this.#texts?.silent : this.#texts?.level(rounded);
    this.#node?.setAttribute('aria-valuenow', String(rounded));
    this.#node?.setAttribute('aria-valuetext', words ?? '');
  }
}
