import { html, nothing } from 'lit';
import type { TemplateResult } from 'lit';
import { ERASE_ICON, SAVE_ICON, STANDING_ICONS, WITHDRAW_ICON } from '../icons.ts';
import type { TurnTapeTexts } from '../texts.ts';
import type { DeliveryStanding } from './standing.ts';

/** What the bar shows. */
export interface DeliveryView {
  texts: TurnTapeTexts;
  standing: DeliveryStanding | undefined;
  /** A short word: a file was saved, a turn cannot be played. */
  hint: string;
  /** There is a session whose files can be saved. */
  canSave: boolean;
  saving: boolean;
  /** It has ended, so that it can be erased. */
  canErase: boolean;
  /** Somebody agreed here, and can take it back. */
  canWithdraw: boolean;
  onSend: () => void;
  onSave: (what: 'audio' | 'all') => void;
  onErase: () => void;
  onWithdraw: () => void;
}

/** Where everything stands, and what can be done with it. */
export function deliveryBarTemplate(view: DeliveryView): TemplateResult {
  const { texts, standing, hint, canSave, saving, canErase, canWithdraw } = view;
  return html`
    <footer class="footer" part="footer">
      ${standing ? standingTemplate(standing, view) : nothing}
      <p class="hint" part="hint" role="status">${hint}</p>
      ${
        canSave || canErase || canWithdraw
          ? html`<div class="actions" part="actions">
              ${canSave ? saveButtons(texts, saving, view.onSave) : nothing}
              ${
                canWithdraw
                  ? html`<button type="button" class="quiet" part="button withdraw-button" @click=${view.onWithdraw}>
                      ${WITHDRAW_ICON}<span>${texts.withdraw}</span>
                    </button>`
                  : nothing
              }
              ${
                canErase
                  ? html`<button type="button" class="quiet erase" part="button erase-button" @click=${view.onErase}>
                      ${ERASE_ICON}<span>${texts.erase}</span>
                    </button>`
                  : nothing
              }
            </div>`
          : nothing
      }
    </footer>
  `;
}

function saveButtons(texts: TurnTapeTexts, saving: boolean, onSave: DeliveryView['onSave']): TemplateResult {
  return html`
    <button
      type="button"
      class="quiet"
      part="button save-audio-button"
      ?disabled=${saving}
      @click=${() => onSave('audio')}
    >
      ${SAVE_ICON}<span>${texts.exportAudio}</span>
    </button>
    <button type="button" class="quiet" part="button save-all-button" ?disabled=${saving} @click=${() => onSave('all')}>
      ${SAVE_ICON}<span>${texts.exportAll}</span>
    </button>
  `;
}

function standingTemplate({ standing, facts, fraction, code }: DeliveryStanding, view: DeliveryView): TemplateResult {
  const { texts, onSend } = view;
  const canSend = standing === 'waiting' || standing === 'rejected' || standing === 'paused';
  const percent = Math.round(fraction * 100);
  return html`
    <div class="standing" part="standing standing-${standing}" data-standing=${standing}>
      ${STANDING_ICONS[standing]}
      <span part="delivered">${texts.standing[standing](facts)}</span>
      ${code === undefined ? nothing : html`<span class="standing-code" part="standing-code">${texts.errorCode(code)}</span>`}
      ${
        canSend
          ? html`<button type="button" class="quiet" part="button send-button" @click=${onSend}>
              ${texts.sendNow}
            </button>`
          : nothing
      }
      ${
        standing === 'sending'
          ? html`<div
              class="progress"
              part="progress"
              role="progressbar"
              aria-label=${texts.progress}
              aria-valuemin="0"
              aria-valuemax="100"
              aria-valuenow=${percent}
            >
              <div class="progress-fill" part="progress-fill" .style=${`inline-size: ${percent}%`}></div>
            </div>`
          : nothing
      }
    </div>
  `;
}
