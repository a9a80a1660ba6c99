import { html, nothing } from 'lit';
import type { TemplateResult } from 'lit';
import { failureText, isNotice } from './failure.ts';
import type { Failure } from './failure.ts';
import type { FailureText } from './failure-texts.ts';
import { WARNING_ICON } from './icons.ts';
import type { TurnTapeTexts } from './texts.ts';

/** What a panel says and what can be done about it. */
export interface PanelView {
  text: FailureText;
  /** An alarm interrupts a screen reader; a notice waits. */
  tone: 'alarm' | 'notice';
  /** What it is about, as a name for tests and style sheets. */
  about: string;
  code?: string | undefined;
  action?: { part: string; text: string; run: () => void } | undefined;
}

/** What happened, in plain words, and the way out. */
export function panelTemplate({ text, tone, about, code, action }: PanelView): TemplateResult {
  return html`
    <div
      class="failure ${tone}"
      part="failure failure-${tone}"
      data-about=${about}
      role=${tone === 'alarm' ? 'alert' : 'status'}
    >
      ${WARNING_ICON}
      <div class="failure-text">
        <p class="failure-what" part="failure-what">${text.what}</p>
        <p class="failure-way-out" part="failure-way-out">${text.wayOut}</p>
        ${code === undefined ? nothing : html`<p class="failure-code" part="failure-code">${code}</p>`}
      </div>
      <div class="failure-actions">
        ${
          action
            ? html`<button type="button" class="quiet" part="button ${action.part}" @click=${action.run}>
                ${action.text}
              </button>`
            : nothing
        }
      </div>
    </div>
  `;
}

/** A failure as a panel. A notice when the recording goes on all the same. */
export function failurePanel(
  failure: Failure,
  texts: TurnTapeTexts,
  actions: { tryAgain: () => void; dismiss: () => void },
): PanelView {
  const { code, starting } = failure;
  return {
    text: failureText(failure, texts),
    tone: isNotice(failure) ? 'notice' : 'alarm',
    about: code ?? 'unknown',
    code: code === undefined ? undefined : texts.errorCode(code),
    action: starting
      ? { part: 'retry-button', text: texts.tryAgain, run: actions.tryAgain }
      : { part: 'dismiss-button', text: texts.dismiss, run: actions.dismiss },
  };
}
