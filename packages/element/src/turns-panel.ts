import { html, nothing } from 'lit';
import type { TemplateResult } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import type { TurnTapeTexts } from './texts.ts';
import { deliveryOf } from './turn-list.ts';
import type { TurnList, TurnRow } from './turn-list.ts';
import type { Playing } from './turn-player.ts';
import { tapeMs, turnRowTemplate } from './turn-row.ts';

/** What the list shows. */
export interface TurnsView {
  texts: TurnTapeTexts;
  turns: TurnList;
  /** Session time, for the length of open turns. */
  nowMs: number;
  playing: Playing | undefined;
  /** A short word under the list, for instance why a turn cannot be played. */
  hint: string;
  onPlay: (row: TurnRow) => void;
}

/** The turns in their order, and how much of them is delivered. Not a live region: a conversation would drown it. */
export function turnsPanelTemplate(view: TurnsView): TemplateResult {
  const { texts, turns, nowMs, hint } = view;
  if (turns.length === 0) return html`<p class="empty" part="turns empty">${texts.noTurns}</p>`;
  const longestMs = Math.max(...turns.map((row) => tapeMs(row, nowMs)));
  const kept = turns.filter(({ segments }) => segments.length > 0);
  const delivered = kept.filter((row) => deliveryOf(row) === 'acknowledged').length;
  return html`
    <div class="turns" part="turns" role="region" aria-label=${texts.turns} tabindex="0">
      <ol role="list">
        ${repeat(
          turns,
          ({ turnId }) => turnId,
          (row, index) => turnRowTemplate(row, { ...view, longestMs, position: index + 1 }),
        )}
      </ol>
    </div>
    <footer class="footer" part="footer">
      <span class="hint" part="hint" role="status">${hint}</span>
      <span part="delivered">${kept.length === 0 ? nothing : texts.delivered(delivered, kept.length)}</span>
    </footer>
  `;
}
