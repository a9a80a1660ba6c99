import { html, nothing } from 'lit';
import type { TemplateResult } from 'lit';
import { ARCHIVE_ICON, DOWNLOAD_ICON } from './player-icons.ts';
import type { PlayerTexts } from './player-texts.ts';
import type { ReviewSession } from './review-session.ts';

/** What the line at the top shows and does. */
export interface HeaderView {
  texts: PlayerTexts;
  session: ReviewSession;
  /** Undefined: this source has no such file. */
  saveSession: (() => void) | undefined;
  saveBundle: (() => void) | undefined;
  /** What is being made. */
  saving: 'session' | 'bundle' | undefined;
}

/** When it was, how long, how many turns, how often the bot was cut, and how fast it answered. */
export function headerTemplate({ texts, session, saveSession, saveBundle, saving }: HeaderView): TemplateResult {
  const interruptions = session.turns.filter(({ interrupted }) => interrupted).length;
  const latency = median(session.turns.map(({ responseLatencyMs }) => responseLatencyMs).filter((ms) => ms !== null));
  const facts = [
    texts.time(session.durationMs),
    texts.turnCount(session.turns.length),
    ...(interruptions > 0 ? [texts.interruptionCount(interruptions)] : []),
    ...(latency === undefined ? [] : [texts.medianLatency(latency)]),
  ];
  const save = (what: 'session' | 'bundle', word: string, press: (() => void) | undefined) =>
    press
      ? html`<button
          type="button"
          class="quiet"
          part="button download-${what}-button"
          aria-busy=${saving === what ? 'true' : 'false'}
          ?disabled=${saving !== undefined}
          @click=${press}
        >
          ${what === 'session' ? DOWNLOAD_ICON : ARCHIVE_ICON}<span>${word}</span>
        </button>`
      : nothing;
  return html`
    <header class="head" part="header">
      <div class="head-text">
        <p class="title" part="title">
          ${texts.began(session.startedAt)}${session.live ? html`<span class="live" part="live">${texts.live}</span>` : nothing}
        </p>
        <p class="summary" part="summary">${facts.map((fact) => html`<span>${fact}</span> `)}</p>
      </div>
      ${
        saveSession || saveBundle
          ? html`<div class="downloads" role="group" aria-label=${texts.downloads}>
              ${save('session', texts.downloadSession, saveSession)}${save('bundle', texts.downloadBundle, saveBundle)}
            </div>`
          : nothing
      }
    </header>
  `;
}

function median(numbers: readonly number[]): number | undefined {
  const sorted = numbers.toSorted((a, b) => a - b);
  return sorted[Math.floor((sorted.length - 1) / 2)];
}
