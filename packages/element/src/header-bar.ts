import { html } from 'lit';
import type { TemplateResult } from 'lit';
import type { RecorderPhase, TurnTapeTexts } from './texts.ts';
import { runningTime } from './time-texts.ts';

/** What the header shows. */
export interface HeaderView {
  texts: TurnTapeTexts;
  phase: RecorderPhase;
  muted: boolean;
  /** Session time, in milliseconds; 0 before the first session. */
  nowMs: number;
  live: boolean;
}

/** The state in words, and the running time. A screen reader is told of both where they matter: see `Announcer`. */
export function headerBarTemplate({ texts, phase, muted, nowMs, live }: HeaderView): TemplateResult {
  const words = texts.phase[phase];
  return html`
    <header class="header" part="header">
      <span class="lamp" part="lamp" aria-hidden="true"></span>
      <span class="status" part="status">${phase === 'recording' && muted ? `${words} · ${texts.muted}` : words}</span>
      <span class="clock ${live ? '' : 'resting'}" part="clock">${runningTime(nowMs)}</span>
    </header>
  `;
}
