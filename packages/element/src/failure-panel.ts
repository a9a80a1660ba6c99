import { html, nothing } from 'lit';
import type { TemplateResult } from 'lit';
import { failureText, isNotice } from './failure.ts';
import type { Failure } from './failure.ts';
import { WARNING_ICON } from './icons.ts';
import type { TurnTapeTexts } from './texts.ts';

/** What happened, in plain words, and the way out. A notice when the recording goes on all the same. */
export function failurePanelTemplate(
  failure: Failure,
  texts: TurnTapeTexts,
  actions: { tryAgain: () => void; dismiss: () => void },
): TemplateResult {
  const { what, wayOut } = failureText(failure, texts);
  const tone = isNotice(failure) ? 'notice' : 'alarm';
  return html`
    <div class="failure ${tone}" part="failure failure-${tone}" role=${tone === 'alarm' ? 'alert' : 'status'}>
      ${WARNING_ICON}
      <div class="failure-text">
        <p class="failure-what" part="failure-what">${what}</p>
        <p class="failure-way-out" part="failure-way-out">${wayOut}</p>
        ${
          failure.code === undefined
            ? nothing
            : html`<p class="failure-code" part="failure-code">${texts.errorCode(failure.code)}</p>`
        }
      </div>
      ${
        failure.starting
          ? html`<button type="button" class="quiet" part="button retry-button" @click=${actions.tryAgain}>
              ${texts.tryAgain}
            </button>`
          : html`<button type="button" class="quiet" part="button dismiss-button" @click=${actions.dismiss}>
              ${texts.dismiss}
            </button>`
      }
    </div>
  `;
}
