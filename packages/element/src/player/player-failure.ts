import { html, nothing } from 'lit';
import type { TemplateResult } from 'lit';
import { WARNING_ICON } from '../icons.ts';
import { LOCK_ICON } from './player-icons.ts';
import type { PlayerTexts } from './player-texts.ts';
import type { ReviewFailure } from './review-controller.ts';

/** The code of whatever was thrown, or undefined: nothing of ours. */
function codeOf(thrown: unknown): string | undefined {
  return thrown instanceof Error && 'code' in thrown && typeof thrown.code === 'string' ? thrown.code : undefined;
}

/** What happened, in plain words, and the way out. A notice where the session can be reviewed all the same. */
export function playerFailureTemplate(
  { thrown, fatal }: ReviewFailure,
  texts: PlayerTexts,
  actions: { retry: () => void; dismiss: () => void },
): TemplateResult {
  const code = codeOf(thrown);
  // What a browser throws at a file that it cannot decode has no code of ours.
  const known = thrown instanceof DOMException && thrown.name === 'EncodingError' ? 'unsupported_format' : code;
  const { what, wayOut } = (known !== undefined && texts.failures[known]) || texts.unknownFailure;
  const sealed = known === 'audio_sealed';
  const tone = fatal ? 'alarm' : 'notice';
  return html`
    <div class="failure ${tone}" part="failure failure-${tone}" role=${fatal ? 'alert' : 'status'}>
      ${sealed ? LOCK_ICON : WARNING_ICON}
      <div class="failure-text">
        <p class="failure-what" part="failure-what">${what}</p>
        <p class="failure-way-out" part="failure-way-out">${wayOut}</p>
        ${known === undefined ? nothing : html`<p class="failure-code" part="failure-code">${texts.errorCode(known)}</p>`}
      </div>
      <div class="failure-actions">
        ${
          sealed
            ? html`<button type="button" class="quiet" part="button dismiss-button" @click=${actions.dismiss}>
                ${texts.dismiss}
              </button>`
            : html`<button type="button" class="quiet" part="button retry-button" @click=${actions.retry}>
                ${texts.tryAgain}
              </button>`
        }
      </div>
    </div>
  `;
}
