import { html } from 'lit';
import type { TemplateResult } from 'lit';
import { ref } from 'lit/directives/ref.js';
import { RULER_PX } from './timeline-painter.ts';

/** What lies over the lanes: the playhead, and the time under the pointer. Pixels count from the left edge of the lanes. */
export class TimelineOverlay {
  #playhead: HTMLElement | undefined;
  #bubble: HTMLElement | undefined;
  readonly #takePlayhead = (node: Element | undefined): void => void (this.#playhead = node as HTMLElement | undefined);
  readonly #takeBubble = (node: Element | undefined): void => void (this.#bubble = node as HTMLElement | undefined);

  template(): TemplateResult {
    return html`
      <div class="playhead" part="playhead" aria-hidden="true" ${ref(this.#takePlayhead)}></div>
      <div class="bubble" part="bubble" aria-hidden="true" hidden ${ref(this.#takeBubble)}></div>
    `;
  }

  /** Puts the playhead there; out of the lanes it is not seen. */
  place(px: number, width: number): void {
    const node = this.#playhead;
    if (!node) return;
    node.hidden = px < -1 || px > width + 1;
    node.style.transform = `translateX(${px}px)`;
  }

  /** Says a time at the pointer, and stays within the lanes. Undefined: the pointer has left. */
  point(px: number | undefined, width: number, time: string): void {
    const bubble = this.#bubble;
    if (!bubble) return;
    bubble.hidden = px === undefined;
    if (px === undefined) return;
    bubble.textContent = time;
    const half = bubble.offsetWidth / 2;
    const at = Math.min(Math.max(px, half), Math.max(half, width - half));
    bubble.style.transform = `translate(${at - half}px, ${RULER_PX / 2 - 11}px)`;
  }
}
