import { html } from 'lit';
import type { TemplateResult } from 'lit';
import { QuestionDialog } from './question-dialog.ts';
import type { TurnTapeTexts } from './texts.ts';

/** What a confirmed question does. */
export interface QuestionPorts {
  erase(): void;
  withdraw(choice: { erase: boolean }): void;
}

/** The two questions of the recorder: before a conversation is erased, and before consent is taken back. */
export class Questions {
  readonly #ports: QuestionPorts;
  readonly erase = new QuestionDialog();
  readonly withdraw = new QuestionDialog();

  constructor(ports: QuestionPorts) {
    this.#ports = ports;
  }

  /** `atTarget`: there is a server that has copies. */
  template(texts: TurnTapeTexts, atTarget: boolean): TemplateResult {
    const ports = this.#ports;
    return html`
      ${this.erase.template({
        about: 'erase',
        question: texts.eraseQuestion,
        meaning: texts.eraseMeaning(atTarget),
        no: { part: 'erase-no-button', text: texts.eraseNo },
        answers: [{ part: 'erase-yes-button', text: texts.eraseYes, destroys: true, run: () => ports.erase() }],
      })}
      ${this.withdraw.template({
        about: 'withdraw',
        question: texts.withdrawQuestion,
        meaning: texts.withdrawMeaning(atTarget),
        no: { part: 'withdraw-no-button', text: texts.withdrawNo },
        answers: [
          { part: 'withdraw-keep-button', text: texts.withdrawKeep, run: () => ports.withdraw({ erase: false }) },
          {
            part: 'withdraw-erase-button',
            text: texts.withdrawErase,
            destroys: true,
            run: () => ports.withdraw({ erase: true }),
          },
        ],
      })}
    `;
  }
}
