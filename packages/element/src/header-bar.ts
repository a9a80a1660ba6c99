import { html } from 'lit';
import type { TemplateResult } from 'lit';
import type { RunningTimes } from './running-times.ts';
import type { RecorderPhase, TurnTapeTexts } from './texts.ts';
import { runningTime } from './time-texts.ts';

/** What the header shows. */
export interface HeaderView {
  texts: TurnTapeTexts;
  phase: RecorderPhase;
  muted: boolean;
  deafened: boolean;
  times: RunningTimes;
  live: boolean;
}

/** The state in words, and the running time. A screen reader is told of both where they matter: see `Announcer`. */
export function headerBarTemplate({ texts, phase, muted, deafened, times, live }: HeaderView): TemplateResult {
  const isOn = phase === 'recording';
  const words = [
    texts.phase[phase],
    ...(isOn && muted ? [texts.muted] : []),
    ...(isOn && deafened ? [texts.deafened] : []),
  ].join(' · ');
  return html`
    <header class="header" part="header">
      <span class="lamp" part="lamp" aria-hidden="true"></span>
      <span class="status" part="status">${words}</span>
      <span class="clock ${live ? '' : 'resting'}" part="clock">${times.growing(runningTime)}</span>
    </header>
  `;
}
