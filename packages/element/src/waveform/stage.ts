import { html } from 'lit';
import type { TemplateResult } from 'lit';
import { ref } from 'lit/directives/ref.js';
import type { SessionEvents } from 'turntape';
import type { SessionBook } from '../session-book.ts';
import type { TurnTapeTexts } from '../texts.ts';
import { LevelMeter } from './level-meter.ts';
import { Waveform } from './waveform.ts';

/** What the stage tells. */
export interface StagePorts {
  /** It is drawn: what else changes with time is best written now, so that all of it is one frame. */
  step(): void;
}

/** The waveform and, where it comes out, the two meters. */
export class Stage {
  readonly #meters = { user: new LevelMeter('user'), bot: new LevelMeter('bot') };
  readonly #waveform: Waveform;

  constructor(ports: StagePorts) {
    this.#waveform = new Waveform({
      step: () => {
        for (const meter of Object.values(this.#meters)) meter.step();
        ports.step();
      },
    });
  }

  /** What moves is drawn in steps at present: the next comes by itself. */
  get steps(): boolean {
    return this.#waveform.steps;
  }

  template(texts: TurnTapeTexts): TemplateResult {
    return html`
      <div class="stage" part="stage" ${ref(this.#waveform.attachStage)}>
        ${this.#waveform.template(texts)}
        <div class="levels" part="levels" role="group" aria-label=${texts.levels}>
          ${this.#meters.user.template(texts)}${this.#meters.bot.template(texts)}
        </div>
      </div>
    `;
  }

  /** Takes a level. */
  level(event: SessionEvents['level']): void {
    this.#meters[event.speaker].show(event);
    this.#waveform.show(event);
  }

  /** Takes what else stands in the book. `hears`: something is being recorded at this moment. */
  update(
    { turns, nowMs, gaps, silentRanges: silent }: SessionBook,
    { live, hears }: { live: boolean; hears: boolean },
  ): void {
    if (!hears) this.rest();
    this.#waveform.update({ turns, silent, gaps, nowMs, running: live });
  }

  /** Both meters to silence. */
  rest(): void {
    for (const meter of Object.values(this.#meters)) meter.rest();
  }

  /** An empty tape. */
  clear(): void {
    this.#waveform.clear();
  }
}
