import { html, nothing } from 'lit';
import type { TemplateResult } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import type { SessionEvents } from 'turntape';
import type { Failure } from './failure.ts';
import { failurePanel, panelTemplate } from './failure-panel.ts';
import type { PanelView } from './failure-panel.ts';
import type { HoldReason, MicrophoneTrouble, RecorderPhase, TurnTapeTexts } from './texts.ts';

/** What there may be to say. */
export interface NoticesView {
  texts: TurnTapeTexts;
  phase: RecorderPhase;
  failure: Failure | undefined;
  hold: HoldReason | undefined;
  microphone: MicrophoneTrouble | undefined;
  /** The bot is heard and not recorded. */
  botMissing: boolean;
  lowSpace: SessionEvents['low-space'] | undefined;
  /** The browser is asking its person for the microphone. */
  asking: boolean;
  onTryAgain: () => void;
  onDismiss: () => void;
  onResume: () => void;
}

/** Everything that a person should know or do now, each in its own panel. */
export function noticesTemplate(view: NoticesView): TemplateResult | typeof nothing {
  const found = panels(view);
  if (found.length === 0) return nothing;
  return html`<div class="notices" part="notices">${repeat(found, ({ about }) => about, panelTemplate)}</div>`;
}

/** Little room, or none: then what is said waits in memory, which may be lost. */
function roomPanel({ freeBytes, minutesLeft }: SessionEvents['low-space'], texts: TurnTapeTexts): PanelView {
  if (freeBytes === 0) return { text: texts.deviceFull, tone: 'alarm', about: 'device-full' };
  return { text: texts.lowSpace(minutesLeft), tone: 'notice', about: 'low-space' };
}

function panels({
  texts,
  phase,
  failure,
  hold,
  microphone,
  botMissing,
  lowSpace,
  asking,
  ...act
}: NoticesView): PanelView[] {
  const found: PanelView[] = [];
  const room = lowSpace && phase === 'recording' ? roomPanel(lowSpace, texts) : undefined;
  // The hold says the same, and has the button; and what a full device means while the recording goes on is said there.
  const isSaid =
    (hold && failure?.code === 'audio_context_suspended') ||
    (room?.about === 'device-full' && failure?.code === 'storage_full');
  if (failure && !isSaid)
    found.push(failurePanel(failure, texts, { tryAgain: act.onTryAgain, dismiss: act.onDismiss }));
  if (asking) found.push({ text: texts.asking, tone: 'notice', about: 'asking' });
  if (hold) {
    const action = { part: 'resume-button', text: texts.resume, run: act.onResume };
    found.push({
      text: texts.hold[hold],
      tone: 'alarm',
      about: hold,
      action: hold === 'suspended' ? action : undefined,
    });
  }
  if (microphone && (phase === 'recording' || phase === 'suspended'))
    found.push({ text: texts.microphoneNews[microphone], tone: 'notice', about: `microphone-${microphone}` });
  if (botMissing && phase === 'recording') found.push({ text: texts.botMissing, tone: 'notice', about: 'bot-missing' });
  if (room) found.push(room);
  return found;
}
