import { html, nothing } from 'lit';
import type { TemplateResult } from 'lit';
import type { Transcript } from 'turntape';

/** A text, parted where its sound ended. */
export interface SpokenText {
  readonly heard: string;
  /** What was generated and nobody heard. Empty: all of it was heard, or how much is not known. */
  readonly unheard: string;
}

/** Parts a text. One whose words are spelled otherwise than what was heard of it stays whole. */
export function spokenText({ text, heardText }: Pick<Transcript, 'text' | 'heardText'>): SpokenText {
  if (heardText === null || !text.startsWith(heardText)) return { heard: text, unheard: '' };
  return { heard: heardText, unheard: text.slice(heardText.length) };
}

/** Texts one behind another; what nobody heard is a ghost, and said to be one. */
export function spokenTemplate(texts: readonly SpokenText[], notHeard: string): TemplateResult[] {
  return texts.map(
    ({ heard, unheard }, index) =>
      html`${index > 0 ? ' ' : nothing}${heard}${
        unheard.trim() === ''
          ? unheard
          : html`<s class="unspoken" part="unheard-words"
              ><span class="unseen">${` (${notHeard}) `}</span>${unheard}</s
            >`
      }`,
  );
}
