import type { TemplateResult } from 'lit';
import type { SessionEvents } from 'turntape';
import { RunningTimes } from './running-times.ts';
import type { SessionBook } from './session-book.ts';
import type { TurnTapeTexts } from './texts.ts';
import { Sight } from './waveform/sight.ts';
import { Stage } from './waveform/stage.ts';

/** All that changes with the session's time, and is written past the drawing of the element: the stage, and running times. */
export class LivePicture {
  readonly times = new RunningTimes();
  readonly #stage = new Stage({ step: () => this.times.write() });
  readonly #sight = new Sight({ changed: () => this.times.write() });

  /** The element comes into a page. Until it does, and out of sight, nothing is written. */
  watch(host: HTMLElement): void {
    this.#sight.watch(host);
  }

  template(texts: TurnTapeTexts): TemplateResult {
    return this.#stage.template(texts);
  }

  /** Takes a level. */
  level(event: SessionEvents['level']): void {
    this.#stage.level(event);
    this.times.heard(event.atMs);
    // With the next step of the tape, so that both are one frame; with a tape that is not to be seen there is none.
    if (this.#sight.seen && !this.#stage.steps) this.times.write();
  }

  /** The element was drawn. */
  drawn(book: SessionBook, how: { live: boolean; hears: boolean }): void {
    this.#stage.update(book, how);
  }

  /** An empty tape. */
  clear(): void {
    this.#stage.clear();
    this.times.drawn(0);
  }

  /** The element is out of the page for good. */
  release(): void {
    this.#stage.rest();
    this.#sight.watch(undefined);
  }
}
