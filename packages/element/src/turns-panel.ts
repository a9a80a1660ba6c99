import { html } from 'lit';
import type { TemplateResult } from 'lit';
import { guard } from 'lit/directives/guard.js';
import { repeat } from 'lit/directives/repeat.js';
import type { RunningTimes } from './running-times.ts';
import type { TurnTapeTexts } from './texts.ts';
import type { TurnList, TurnRow } from './turn-list.ts';
import type { Playing } from './turn-player.ts';
import { tapeScaleMs } from './tape-scale.ts';
import { tapeMs, turnRowTemplate } from './turn-row.ts';

/** What the list shows. */
export interface TurnsView {
  texts: TurnTapeTexts;
  turns: TurnList;
  /** For the length of open turns. */
  times: RunningTimes;
  playing: Playing | undefined;
  onPlay: (row: TurnRow) => void;
}

/** The turns in their order. Not a live region: a conversation would drown it. */
export function turnsPanelTemplate(view: TurnsView): TemplateResult {
  const { texts, turns, times, playing } = view;
  if (turns.length === 0) return html`<p class="empty" part="turns empty">${texts.noTurns}</p>`;
  const scaleMs = tapeScaleMs(Math.max(...turns.map((row) => tapeMs(row, times.nowMs))));
  return html`
    <div class="turns" part="turns" role="region" aria-label=${texts.turns} tabindex="0">
      <ol role="list">
        ${repeat(
          turns,
          ({ turnId }) => turnId,
          (row, index) => {
            const mine = playing?.turnId === row.turnId ? playing.status : undefined;
            // An hour has hundreds of them, of which one or two change.
            return guard([row, texts, index, scaleMs, mine], () =>
              turnRowTemplate(row, { ...view, scaleMs, position: index + 1 }),
            );
          },
        )}
      </ol>
    </div>
  `;
}
