import { html, nothing } from 'lit';
import type { PropertyDeclarations, TemplateResult } from 'lit';
import { LightElement } from './light-element.ts';
import { proofInWords } from './proof.ts';
import type { Proof } from './proof.ts';
import { TROUBLE_ICONS } from './trouble/icons.ts';

/** What can be done to the demo. */
export type TroubleName = 'block' | 'plug' | 'server' | 'disk' | 'consent';

/** What is going on, as the switches show it. */
export interface TroubleState {
  readonly unplugged: boolean;
  /** Undefined where nobody can kill it: the demo was started without `pnpm start`. */
  readonly serverUp: boolean | undefined;
  readonly diskFull: boolean;
  readonly busy: TroubleName | undefined;
  /** What the last trouble came to. */
  readonly news: string;
  /** Consent was taken back, and what was recorded is still there. */
  readonly mayErase: boolean;
}

/** Before anything was done. */
export const NO_TROUBLE: TroubleState = {
  unplugged: false,
  serverUp: undefined,
  diskFull: false,
  busy: undefined,
  news: '',
  mayErase: false,
};

interface Switch {
  name: TroubleName;
  title: string;
  hint: string;
  /** Undefined for what is over in a moment. */
  on: boolean | undefined;
}

/**
 * Two numbers that must become the same, and five ways to try to prevent it.
 *
 * @fires demo-trouble - A switch was pressed; `detail.name`.
 * @fires demo-erase - Everything is to be erased.
 */
export class DemoTrouble extends LightElement {
  static override properties: PropertyDeclarations = { proof: { attribute: false }, trouble: { attribute: false } };

  declare proof: Proof;
  declare trouble: TroubleState;

  constructor() {
    super();
    this.proof = { onDevice: 0, onServer: 0, identical: 0, waiting: 0, different: 0, inMemory: 0 };
    this.trouble = NO_TROUBLE;
  }

  protected override render(): TemplateResult {
    const { onDevice, onServer } = this.proof;
    const { tone, text } = proofInWords(this.proof);
    return html`
      <section class="panel trouble" aria-labelledby="trouble-title">
        <div class="panel-head">
          <h2 id="trouble-title">Nothing gets lost</h2>
          <span class="muted">make trouble, and watch the two numbers</span>
        </div>
        <div class="proof" data-testid="proof" data-device=${onDevice} data-server=${onServer} data-tone=${tone}>
          <p><b>${onDevice}</b> ${onDevice === 1 ? 'turn' : 'turns'} on this device</p>
          <span class="proof-link ${tone}" aria-hidden="true"></span>
          <p><b>${onServer}</b> on the server</p>
          <span class="tag ${tone}">${text}</span>
        </div>
        <div class="switches">${this.#switches().map((each) => this.#switchTemplate(each))}</div>
        <p class="trouble-news" role="status" data-testid="trouble-news">
          ${this.trouble.news === '' ? html`<span class="muted">Try it in the middle of a sentence. You may also close the tab.</span>` : this.trouble.news}
          ${
            this.trouble.mayErase
              ? html`<button type="button" class="link-button" @click=${() => this.#tell('demo-erase', {})}>
                  Erase everything, here and on the server
                </button>`
              : nothing
          }
        </p>
      </section>
    `;
  }

  #switches(): Switch[] {
    const { unplugged, serverUp, diskFull } = this.trouble;
    return [
      { name: 'block', title: 'Freeze the page', hint: 'for three seconds', on: undefined },
      unplugged
        ? { name: 'plug', title: 'Plug back in', hint: 'the network is gone', on: true }
        : { name: 'plug', title: 'Pull the plug', hint: 'no network at all', on: false },
      serverUp === false
        ? { name: 'server', title: 'Start the server', hint: 'it was killed', on: true }
        : { name: 'server', title: 'Kill the server', hint: 'as a power cut does', on: false },
      diskFull
        ? { name: 'disk', title: 'Make room', hint: 'the disk is full', on: true }
        : { name: 'disk', title: 'Fill the disk', hint: 'not a byte is left', on: false },
      { name: 'consent', title: 'Say no after all', hint: 'you agree no more', on: undefined },
    ];
  }

  #switchTemplate({ name, title, hint, on }: Switch): TemplateResult {
    const { busy, serverUp } = this.trouble;
    return html`
      <button
        type="button"
        class="switch ${on ? 'on' : ''}"
        data-testid=${`trouble-${name}`}
        ?disabled=${busy !== undefined || (name === 'server' && serverUp === undefined)}
        @click=${() => this.#tell('demo-trouble', { name })}
      >
        ${TROUBLE_ICONS[name]} <b>${title}</b> <span>${busy === name ? 'a moment …' : hint}</span>
      </button>
    `;
  }

  #tell(type: string, detail: object): void {
    this.dispatchEvent(new CustomEvent(type, { detail, bubbles: true }));
  }
}

customElements.define('demo-trouble', DemoTrouble);
