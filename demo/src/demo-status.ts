import { html } from 'lit';
import type { PropertyDeclarations, TemplateResult } from 'lit';
import { LightElement } from './light-element.ts';

/** Two words at the top of the page: is the server there, and how much waits for it. */
export class DemoStatus extends LightElement {
  static override properties: PropertyDeclarations = { server: {}, waiting: { type: Number } };

  declare server: 'unknown' | 'connected' | 'unreachable';
  /** Items in the outbox. */
  declare waiting: number;

  constructor() {
    super();
    this.server = 'unknown';
    this.waiting = 0;
  }

  protected override render(): TemplateResult {
    const words = { unknown: 'Looking for the server', connected: 'Server connected', unreachable: 'Server away' };
    return html`
      <p class="status-line" role="status">
        <span class="dot ${this.server}" aria-hidden="true"></span>
        <span data-testid="server-state">${words[this.server]}</span>
        <span class="muted">${this.waiting === 0 ? 'Nothing waiting' : `${this.waiting} waiting`}</span>
      </p>
    `;
  }
}

customElements.define('demo-status', DemoStatus);
