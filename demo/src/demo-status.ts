import { html } from 'lit';
import type { PropertyDeclarations, TemplateResult } from 'lit';
import { LightElement } from './light-element.ts';

/** Two words at the top of the page: is the server there, and how much waits for it. */
export class DemoStatus extends LightElement {
  static override properties: PropertyDeclarations = {
    server: {},
    waiting: { type: Number },
    unplugged: { type: Boolean },
    offline: { state: true },
  };

  declare server: 'unknown' | 'connected' | 'unreachable';
  /** Segments in the outbox, those of earlier visits too. */
  declare waiting: number;
  /** The demo's own plug is pulled. */
  declare unplugged: boolean;
  /** The browser says that there is no network. */
  declare offline: boolean;
  readonly #look = (): void => {
    this.offline = !navigator.onLine;
  };

  constructor() {
    super();
    this.server = 'unknown';
    this.waiting = 0;
    this.unplugged = false;
    this.offline = !navigator.onLine;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    addEventListener('online', this.#look);
    addEventListener('offline', this.#look);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    removeEventListener('online', this.#look);
    removeEventListener('offline', this.#look);
  }

  protected override render(): TemplateResult {
    const offline = this.offline || this.unplugged;
    const words = { unknown: 'Looking for the server', connected: 'Server connected', unreachable: 'Server away' };
    return html`
      <p class="status-line" role="status">
        <span class="dot ${offline ? 'unreachable' : this.server}" aria-hidden="true"></span>
        <span data-testid="server-state">${offline ? 'Offline' : words[this.server]}</span>
        <span class="muted">${this.waiting === 0 ? 'nothing waits' : `${this.waiting} waiting here`}</span>
      </p>
    `;
  }
}

customElements.define('demo-status', DemoStatus);
