import { html, nothing } from 'lit';
import type { TemplateResult } from 'lit';
import { MICROPHONE_ICON, MUTED_ICON, RECORD_ICON, STOP_ICON } from '../icons.ts';
import type { RecorderPhase, TurnTapeTexts } from '../texts.ts';
import { type BotSoundView, botSoundTemplate } from './bot-sound.ts';
import type { HoldToTalk } from './hold-to-talk.ts';

/** What the bar shows. */
export interface ControlsView {
  texts: TurnTapeTexts;
  phase: RecorderPhase;
  /** Of the form or fieldset around it. */
  disabled: boolean;
  /** Undefined while nothing can be muted. */
  muted: boolean | undefined;
  /** Undefined where the detector says who speaks. */
  hold: HoldToTalk | undefined;
  devices: TemplateResult | typeof nothing;
  /** Undefined while the bot cannot be heard. */
  sound: BotSoundView | undefined;
  onStart: () => void;
  onStop: () => void;
  onMute: () => void;
}

/** Start and stop, mute, the bot's sound, the devices, and the key to talk. */
export function controlBarTemplate(view: ControlsView): TemplateResult | typeof nothing {
  const { texts, phase, muted, hold, devices, sound } = view;
  // The gate has the only button that leads on.
  if (phase === 'consent') return nothing;
  return html`
    <div class="controls" part="controls">
      ${mainButton(view)}
      ${
        muted === undefined || hold
          ? nothing
          : html`<button
              type="button"
              class="plain mute"
              part="button mute-button"
              aria-pressed=${muted ? 'true' : 'false'}
              aria-keyshortcuts="M"
              @click=${view.onMute}
            >
              ${muted ? MUTED_ICON : MICROPHONE_ICON}<span>${texts.mute}</span>
            </button>`
      }
      ${sound ? botSoundTemplate(sound, texts) : nothing} ${devices}
      ${hold && muted !== undefined ? talkButton(hold, texts) : nothing}
    </div>
  `;
}

/** One button, so that the focus stays where it is when its meaning changes. */
function mainButton({ texts, phase, disabled, onStart, onStop }: ControlsView): TemplateResult {
  const starts = phase === 'idle' || phase === 'ended' || phase === 'failed';
  return html`
    <button
      type="button"
      class="main ${starts ? 'primary' : 'stop'}"
      part="button ${starts ? 'start-button' : 'stop-button'}"
      ?disabled=${phase === 'stopping' || (starts && disabled)}
      @click=${starts ? onStart : onStop}
    >
      ${starts ? RECORD_ICON : STOP_ICON}<span>${buttonText(phase, texts)}</span>
    </button>
  `;
}

function talkButton(hold: HoldToTalk, texts: TurnTapeTexts): TemplateResult {
  return html`
    <button
      type="button"
      class="talk"
      part="button talk-button"
      aria-pressed=${hold.held ? 'true' : 'false'}
      aria-describedby="talk-hint"
      @pointerdown=${hold.onPointerDown}
      @pointerup=${hold.onPointerGone}
      @pointercancel=${hold.onPointerGone}
      @lostpointercapture=${hold.onPointerGone}
      @keydown=${hold.onKeyDown}
      @keyup=${hold.onKeyUp}
      @blur=${hold.release}
      @click=${hold.onClick}
      @contextmenu=${hold.onContextMenu}
    >
      ${MICROPHONE_ICON}<span>${hold.held ? texts.talk.talking : texts.talk.hold}</span>
    </button>
    <p class="talk-hint" part="talk-hint" id="talk-hint">${texts.talk.hint}</p>
  `;
}

function buttonText(phase: RecorderPhase, texts: TurnTapeTexts): string {
  if (phase === 'starting') return texts.cancel;
  if (phase === 'ended') return texts.startAgain;
  return phase === 'idle' || phase === 'failed' ? texts.start : texts.stop;
}
