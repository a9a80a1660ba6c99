import { html } from 'lit';
import type { PropertyDeclarations, TemplateResult } from 'lit';
import { LightElement } from './light-element.ts';

/** One tab: the name on it, and the id of the panel that it shows. */
export interface Tab {
  readonly name: string;
  readonly panel: string;
}

/** Shows one of several panels, which stand beside it in the page under the ids that it is given. */
export class DemoTabs extends LightElement {
  static override properties: PropertyDeclarations = { tabs: { attribute: false }, chosen: { state: true } };

  declare tabs: readonly Tab[];
  declare chosen: number;

  constructor() {
    super();
    this.tabs = [];
    this.chosen = 0;
  }

  protected override render(): TemplateResult {
    return html`
      <div
        class="tabs"
        role="tablist"
        aria-label="What was recorded"
        @keydown=${(event: KeyboardEvent) => this.#key(event)}
      >
        ${this.tabs.map(
          ({ name, panel }, index) => html`
            <button
              type="button"
              role="tab"
              id=${`tab-${panel}`}
              aria-controls=${panel}
              aria-selected=${index === this.chosen ? 'true' : 'false'}
              tabindex=${index === this.chosen ? 0 : -1}
              @click=${() => (this.chosen = index)}
            >
              ${name}
            </button>
          `,
        )}
      </div>
    `;
  }

  protected override updated(): void {
    for (const [index, { panel }] of this.tabs.entries()) {
      const node = document.getElementById(panel);
      node?.toggleAttribute('hidden', index !== this.chosen);
      node?.setAttribute('aria-labelledby', `tab-${panel}`);
    }
  }

  /** Arrows go round, as in every list of tabs. */
  #key({ key }: KeyboardEvent): void {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[key];
    if (step === undefined) return;
    this.chosen = (this.chosen + step + this.tabs.length) % this.tabs.length;
    void this.updateComplete.then(() => this.querySelector<HTMLElement>('[aria-selected="true"]')?.focus());
  }
}

customElements.define('demo-tabs', DemoTabs);
