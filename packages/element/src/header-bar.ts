import { html, nothing } from 'lit';
import type { TemplateResult } from 'lit';
import { RECORD_ICON, STOP_ICON } from './icons.ts';
import { runningTime } from './texts.ts';
import type { RecorderPhase, TurnTapeTexts } from './texts.ts';

/** What the header shows. */
export interface HeaderView {
  texts: TurnTapeTexts;
  phase: RecorderPhase;
  /** Session time, in milliseconds; undefined when no session runs. */
  runningMs: number | undefined;
  onStart: () => void;
  onStop: () => void;
}

/** The state in words, the running time, and the one button that starts and stops. */
export function headerBarTemplate(view: HeaderView): TemplateResult {
  const { texts, phase, runningMs } = view;
  return html`
    <header class="header" part="header">
      <span class="lamp" part="lamp" aria-hidden="true"></span>
      <span class="status" part="status" role="status">${texts.phase[phase]}</span>
      ${runningMs === undefined ? nothing : html`<span class="clock" part="clock">${runningTime(runningMs)}</span>`}
      ${phase === 'consent' ? nothing : mainButton(view)}
    </header>
  `;
}

/** One button, so that the focus stays where it is when its meaning changes. */
function mainButton({ texts, phase, onStart, onStop }: HeaderView): TemplateResult {
  const starts = phase === 'idle' || phase === 'ended' || phase === 'failed';
  return html`
    <button
      type="button"
      class=${starts ? 'primary' : 'stop'}
      part="button ${starts ? 'start-button' : 'stop-button'}"
      ?disabled=${phase === 'stopping'}
      @click=${starts ? onStart : onStop}
    >
      ${starts ? RECORD_ICON : STOP_ICON}<span>${buttonText(phase, texts)}</span>
    </button>
  `;
}

function buttonText(phase: RecorderPhase, texts: TurnTapeTexts): string {
  if (phase === 'starting') return texts.cancel;
  if (phase === 'ended') return texts.startAgain;
  return phase === 'idle' || phase === 'failed' ? texts.start : texts.stop;
}
