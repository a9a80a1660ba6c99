import { html } from 'lit';
import type { TemplateResult } from 'lit';
import { ref } from 'lit/directives/ref.js';

/** A sentence has at least this long before the next takes its place, in milliseconds: about as long as it takes to say one. */
const REST_MS = 2500;

/** Runs something later. Returns what calls it off. */
export type Later = (run: () => void, ms: number) => () => void;

const later: Later = (run, ms) => {
  const timer = setTimeout(run, ms);
  return () => clearTimeout(timer);
};

/**
 * The one live region of the element. It says whole sentences, seldom: of one matter only the newest, one after the
 * other, and never the same twice in a row. A conversation is listened to; it must not be talked over.
 */
export class Announcer {
  readonly #later: Later;
  readonly #attach = (node: Element | undefined): void => this.speakInto(node);
  #node: Pick<Element, 'textContent'> | undefined;
  #waiting = new Map<string, string>();
  #rests: (() => void) | undefined;
  #last = '';

  constructor(runLater: Later = later) {
    this.#later = runLater;
  }

  /** The region: seen by nobody, heard when its text changes. */
  template(): TemplateResult {
    return html`<p class="unseen" role="status" part="announcement" ${ref(this.#attach)}></p>`;
  }

  /** Where sentences are put. */
  speakInto(node: Pick<Element, 'textContent'> | undefined): void {
    this.#node = node;
  }

  /** Says a sentence as soon as the last one had its time. What waits of the same matter is not said any more. */
  say(matter: string, sentence: string): void {
    this.#waiting.delete(matter);
    this.#waiting.set(matter, sentence);
    if (!this.#rests) this.#next();
  }

  /** Says no more. */
  release(): void {
    this.#rests?.();
    this.#rests = undefined;
    this.#waiting.clear();
  }

  #next(): void {
    this.#rests = undefined;
    const [next] = this.#waiting;
    if (!next) return;
    const [matter, sentence] = next;
    this.#waiting.delete(matter);
    if (sentence === this.#last) return this.#next();
    this.#last = sentence;
    if (this.#node) this.#node.textContent = sentence;
    this.#rests = this.#later(() => this.#next(), REST_MS);
  }
}
