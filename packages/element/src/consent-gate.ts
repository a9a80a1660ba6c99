import { html } from 'lit';
import type { TemplateResult } from 'lit';
import type { TurnTapeTexts } from './texts.ts';

/** The text to agree to, and the one way past it. The page puts its own text into the slot. */
export function consentGateTemplate(texts: TurnTapeTexts, disabled: boolean, onAgree: () => void): TemplateResult {
  return html`
    <div class="consent" part="consent">
      <div class="consent-text" part="consent-text" id="consent-text">
        <slot name="consent">${texts.consent}</slot>
      </div>
      <button
        type="button"
        class="primary"
        part="button consent-button"
        aria-describedby="consent-text"
        ?disabled=${disabled}
        @click=${onAgree}
      >
        ${texts.agree}
      </button>
    </div>
  `;
}
