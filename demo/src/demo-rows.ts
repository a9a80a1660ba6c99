import { html, nothing } from 'lit';
import type { PropertyDeclarations, TemplateResult } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import type { StoredSession } from 'turntape';
import type { ComparedRow } from './compared-rows.ts';
import { LightElement } from './light-element.ts';
import type { ServerAnswer } from './server.ts';
import { kilobytes, seconds, shortHash } from './words-for-people.ts';

/** The same segments on both sides: the rows of this device beside the rows of the server. */
export class DemoRows extends LightElement {
  static override properties: PropertyDeclarations = {
    stored: { attribute: false },
    rows: { attribute: false },
    server: { attribute: false },
    failure: { attribute: false },
  };

  /** The session that is shown. */
  declare stored: StoredSession | undefined;
  /** Its segments on both sides, in the order in which they were spoken. */
  declare rows: readonly ComparedRow[];
  declare server: ServerAnswer | undefined;
  /** Why this device's rows cannot be read. */
  declare failure: string | undefined;

  constructor() {
    super();
    this.rows = [];
  }

  protected override render(): TemplateResult {
    // The newest on top, where something is happening.
    const rows = this.rows.toReversed();
    return html`
      <div class="rows">
        <div class="sides" aria-hidden="true"><span>On this device</span><span>On the server</span></div>
        ${
          this.failure === undefined
            ? nothing
            : html`<p class="server-notice" role="status">This device’s rows cannot be read: ${this.failure}</p>`
        }
        ${this.#serverNotice()}
        ${
          rows.length === 0
            ? html`<p class="nothing">Rows appear here, one for each segment, as soon as it is kept.</p>`
            : html`<ol class="row-list" data-testid="rows">
                ${repeat(
                  rows,
                  ({ segmentId }) => segmentId,
                  (row) => this.#row(row),
                )}
              </ol>`
        }
      </div>
    `;
  }

  #serverNotice(): TemplateResult | typeof nothing {
    if (this.server?.state !== 'unreachable') return nothing;
    const waiting = this.stored?.segments.filter(({ deliveryState }) => deliveryState !== 'acknowledged').length ?? 0;
    return html`
      <p class="server-notice" role="status" data-testid="server-unreachable">
        The server cannot be reached. Nothing is lost: ${waitingText(waiting)}
      </p>
    `;
  }

  #row(row: ComparedRow): TemplateResult {
    const { device, server, speaker } = row;
    const interrupted = device?.interrupted ?? server?.interrupted ?? false;
    return html`
      <li data-segment-id=${row.segmentId}>
        <details>
          <summary>
            <span class="row-title">
              <span class="muted">${row.position}</span>
              <span class="row-speaker ${speaker}">${speaker === 'user' ? 'You' : 'Bot'}</span>
              <span class="row-text">${row.text ?? (speaker === 'user' ? 'speech, not transcribed' : '')}</span>
              ${interrupted ? html`<span class="tag warn">Interrupted</span>` : nothing} ${verdict(row)}
            </span>
            <span class="cell" data-testid="device-row">
              ${
                device
                  ? html`<b class="state ${device.deliveryState}">${DEVICE_STATES[device.deliveryState]}</b> ${facts([
                        seconds(device.durationMs),
                        heardOf(device.heardMs, device.generatedMs),
                        kilobytes(device.byteSize),
                      ])}<code>${shortHash(device.sha256)}</code>`
                  : html`<span class="missing">no longer here</span>`
              }
            </span>
            <span class="cell" data-testid="server-row">
              ${
                server
                  ? html`<b class="state acknowledged">Stored</b> ${facts([
                        seconds(server.duration_ms),
                        heardOf(server.heard_ms, server.generated_ms),
                        kilobytes(server.byte_size),
                      ])}<code>${shortHash(server.sha256)}</code>`
                  : html`<span class="missing"
                      >${this.server?.state === 'unreachable' ? unreachableText(device) : 'not yet'}</span
                    >`
              }
            </span>
          </summary>
          <div class="raw">
            <pre tabindex="0" aria-label="Row on this device">${JSON.stringify(device ?? null, null, 1)}</pre>
            <pre tabindex="0" aria-label="Row on the server">${JSON.stringify(server ?? null, null, 1)}</pre>
          </div>
        </details>
      </li>
    `;
  }
}

const DEVICE_STATES = {
  recording: 'Recording',
  kept: 'Kept',
  sent: 'Sent',
  acknowledged: 'Delivered',
  rejected: 'Refused',
} as const;

const facts = (values: readonly (string | undefined)[]): TemplateResult =>
  html`<span class="cell-facts"
    >${values.filter((value) => value !== undefined).map((value) => html`<span>${value}</span> `)}</span
  >`;

function heardOf(heardMs: number | null | undefined, generatedMs: number | null | undefined): string | undefined {
  if (heardMs === null || heardMs === undefined) return undefined;
  if (generatedMs === null || generatedMs === undefined) return `heard ${seconds(heardMs)}`;
  return seconds(heardMs) === seconds(generatedMs)
    ? 'heard in full'
    : `heard ${(heardMs / 1000).toFixed(1)} of ${seconds(generatedMs)}`;
}

function unreachableText(device: ComparedRow['device']): string {
  return device?.deliveryState === 'acknowledged' ? 'there, by its receipt' : 'cannot be asked';
}

function waitingText(waiting: number): string {
  if (waiting === 0) return 'what you record stays on this device until it is back.';
  return `${waiting === 1 ? '1 segment waits' : `${waiting} segments wait`} on this device until it is back.`;
}

function verdict({ equal }: ComparedRow): TemplateResult | typeof nothing {
  if (equal === undefined) return nothing;
  return equal
    ? html`<span class="tag good" title="Same SHA-256 and same size on both sides">Identical</span>`
    : html`<span class="tag bad" title="Another SHA-256 or another size">Different</span>`;
}

customElements.define('demo-rows', DemoRows);
