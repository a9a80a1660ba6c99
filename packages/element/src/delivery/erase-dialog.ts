import { html } from 'lit';
import type { TemplateResult } from 'lit';
import { ref } from 'lit/directives/ref.js';
import type { TurnTapeTexts } from '../texts.ts';

/** Asks before something is erased. The browser's own dialog: it holds the focus, gives it back, and Escape closes it. */
export class EraseDialog {
  readonly #confirmed: () => void;
  readonly #attach = (node: Element | undefined): void => {
    this.#dialog = node instanceof HTMLDialogElement ? node : undefined;
  };
  #dialog: HTMLDialogElement | undefined;

  constructor(confirmed: () => void) {
    this.#confirmed = confirmed;
  }

  /** Asks. */
  open(): void {
    this.#dialog?.showModal();
  }

  template(texts: TurnTapeTexts, atTarget: boolean): TemplateResult {
    const close = (): void => this.#dialog?.close();
    const erase = (): void => {
      close();
      this.#confirmed();
    };
    return html`
      <dialog
        part="dialog"
        role="alertdialog"
        aria-labelledby="erase-question"
        aria-describedby="erase-meaning"
        ${ref(this.#attach)}
      >
        <h2 id="erase-question">${texts.eraseQuestion}</h2>
        <p id="erase-meaning">${texts.eraseMeaning(atTarget)}</p>
        <div class="dialog-actions">
          <button type="button" class="plain" part="button erase-no-button" autofocus @click=${close}>
            ${texts.eraseNo}
          </button>
          <button type="button" class="destroy" part="button erase-yes-button" @click=${erase}>
            ${texts.eraseYes}
          </button>
        </div>
      </dialog>
    `;
  }
}
