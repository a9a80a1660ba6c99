import { html, nothing } from 'lit';
import type { PropertyDeclarations, TemplateResult } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import { LightElement } from './light-element.ts';
import { clockTime } from './words-for-people.ts';

interface LoggedEvent {
  id: number;
  atMs: number;
  name: string;
  detail: string;
}

/** No more lines than this are held. */
const MAX_LINES = 300;

/** What the session told, word for word, the newest first. Levels come many times a second and are only counted. */
export class DemoEventLog extends LightElement {
  static override properties: PropertyDeclarations = { events: { state: true }, levels: { state: true } };

  declare events: readonly LoggedEvent[];
  declare levels: number;
  #lastId = 0;

  constructor() {
    super();
    this.events = [];
    this.levels = 0;
  }

  /** One event, as it came. */
  add(name: string, detail: unknown): void {
    if (name === 'level') {
      this.levels += 1;
      return;
    }
    const event = { id: (this.#lastId += 1), atMs: Date.now(), name, detail: plain(detail) };
    this.events = [event, ...this.events].slice(0, MAX_LINES);
  }

  protected override render(): TemplateResult {
    return html`
      <div class="log">
        ${this.levels === 0 ? nothing : html`<p class="muted">and ${this.levels} levels</p>`}
        ${
          this.events.length === 0
            ? html`<p class="nothing">Every event of the session is written down here.</p>`
            : html`<ol class="log-list" tabindex="0" aria-label="Events, newest first" data-testid="event-log">
                ${repeat(
                  this.events,
                  ({ id }) => id,
                  ({ atMs, name, detail }) => html`
                    <li><time>${clockTime(atMs)}</time> <b>${name}</b> <code title=${detail}>${detail}</code></li>
                  `,
                )}
              </ol>`
        }
      </div>
    `;
  }
}

/** JSON of an event; an error in it becomes its code and message, which JSON alone would drop. */
function plain(detail: unknown): string {
  return JSON.stringify(detail, (_key, value: unknown) =>
    value instanceof Error ? { message: value.message, ...Object.fromEntries(Object.entries(value)) } : value,
  );
}

customElements.define('demo-event-log', DemoEventLog);
