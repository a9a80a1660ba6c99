import { html } from 'lit';
import type { TemplateResult } from 'lit';
import { ref } from 'lit/directives/ref.js';

/** One way to answer. */
export interface Answer {
  part: string;
  text: string;
  /** It cannot be undone, and looks like it. */
  destroys?: boolean;
  run: () => void;
}

/** What is asked. */
export interface Question {
  /** Names its parts, once in the element. */
  about: string;
  question: string;
  meaning: string;
  /** The way back, which has the focus. */
  no: { part: string; text: string };
  answers: readonly Answer[];
}

/** Asks before something is done. The browser's own dialog: it holds the focus, gives it back, and Escape closes it. */
export class QuestionDialog {
  readonly #attach = (node: Element | undefined): void => {
    this.#dialog = node instanceof HTMLDialogElement ? node : undefined;
  };
  #dialog: HTMLDialogElement | undefined;

  /** Asks. */
  open(): void {
    this.#dialog?.showModal();
  }

  template({ about, question, meaning, no, answers }: Question): TemplateResult {
    const close = (): void => this.#dialog?.close();
    const answer =
      ({ run }: Answer) =>
      (): void => {
        close();
        run();
      };
    return html`
      <dialog
        part="dialog"
        role="alertdialog"
        aria-labelledby="${about}-question"
        aria-describedby="${about}-meaning"
        ${ref(this.#attach)}
      >
        <h2 id="${about}-question">${question}</h2>
        <p id="${about}-meaning">${meaning}</p>
        <div class="dialog-actions">
          <button type="button" class="plain" part="button ${no.part}" autofocus @click=${close}>${no.text}</button>
          ${answers.map(
            (one) =>
              html`<button
                type="button"
                class=${one.destroys === true ? 'destroy' : 'plain'}
                part="button ${one.part}"
                @click=${answer(one)}
              >
                ${one.text}
              </button>`,
          )}
        </div>
      </dialog>
    `;
  }
}
