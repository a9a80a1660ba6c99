import { html } from 'lit';
import type { TemplateResult } from 'lit';
import { PLAY_ICON } from '../icons.ts';
import { SPEED_STEPS } from './keys.ts';
import type { PlaybackState } from './playback.ts';
import { FIT_ICON, NEXT_ICON, PAUSE_ICON, PREVIOUS_ICON, ZOOM_IN_ICON, ZOOM_OUT_ICON } from './player-icons.ts';
import type { PlayerTexts } from './player-texts.ts';

/** What the bar under the timeline shows and does. */
export interface TransportView {
  texts: PlayerTexts;
  state: PlaybackState;
  /** There is something to be heard. */
  playable: boolean;
  durationMs: number;
  speed: number;
  toggle: () => void;
  step: (step: -1 | 1) => void;
  setSpeed: (speed: number) => void;
  zoom: (factor: number) => void;
  fit: () => void;
}

/** Play, the turns beside it, the time, the speed, and how much is seen. The running time is written by the element itself. */
export function transportTemplate(view: TransportView): TemplateResult {
  const { texts, state, playable, durationMs, speed } = view;
  const playing = state !== 'paused';
  return html`
    <div class="transport" part="transport">
      <div class="group" role="group" aria-label=${texts.transport}>
        ${iconButton('previous-button', texts.previousTurn, PREVIOUS_ICON, () => view.step(-1))}
        <button
          type="button"
          class="play-main"
          part="button play-button"
          aria-label=${playing ? texts.pause : texts.play}
          aria-busy=${state === 'waiting' ? 'true' : 'false'}
          ?disabled=${!playable}
          @click=${view.toggle}
        >
          ${playing ? PAUSE_ICON : PLAY_ICON}
        </button>
        ${iconButton('next-button', texts.nextTurn, NEXT_ICON, () => view.step(1))}
      </div>
      <p class="time" part="time"><span class="now"></span><span class="of"> / ${texts.time(durationMs)}</span></p>
      <label class="speed">
        <span class="unseen">${texts.speed}</span>
        <select
          part="speed"
          .value=${String(speed)}
          @change=${(event: Event) => view.setSpeed(Number((event.target as HTMLSelectElement).value))}
        >
          ${[...new Set([...SPEED_STEPS, speed])]
            .sort((a, b) => a - b)
            .map((each) => html`<option value=${each} ?selected=${each === speed}>${texts.speedOf(each)}</option>`)}
        </select>
      </label>
      <div class="group view" role="group" aria-label=${texts.view}>
        ${iconButton('zoom-out-button', texts.zoomOut, ZOOM_OUT_ICON, () => view.zoom(2))}
        ${iconButton('zoom-in-button', texts.zoomIn, ZOOM_IN_ICON, () => view.zoom(1 / 2))}
        ${iconButton('fit-button', texts.zoomFit, FIT_ICON, view.fit)}
      </div>
    </div>
  `;
}

function iconButton(part: string, label: string, icon: TemplateResult, press: () => void): TemplateResult {
  return html`
    <button type="button" class="icon" part="button ${part}" aria-label=${label} title=${label} @click=${press}>
      ${icon}
    </button>
  `;
}
