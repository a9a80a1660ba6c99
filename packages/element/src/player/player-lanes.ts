import { html } from 'lit';
import type { TemplateResult } from 'lit';
import type { Speaker } from 'turntape';
import { SILENT_ICON, SPEAKER_ICON } from './player-icons.ts';
import type { PlayerTexts } from './player-texts.ts';

/** How loud a lane is. */
export interface LaneSound {
  /** 0 to 1. */
  readonly volume: number;
  readonly muted: boolean;
}

/** The names of the lanes, and how loud each is. */
export function laneHeadsTemplate(
  texts: PlayerTexts,
  sounds: Readonly<Record<Speaker, LaneSound>>,
  change: (speaker: Speaker, sound: LaneSound) => void,
): TemplateResult {
  return html`<div class="lane-heads">
    ${(['user', 'bot'] as const).map((speaker) => {
      const { volume, muted } = sounds[speaker];
      const name = texts[speaker];
      return html`
        <div class="lane-head ${speaker}" part="lane lane-${speaker}">
          <span class="lane-name" part="lane-name" aria-hidden="true">${name}</span>
          <button
            type="button"
            class="icon mute"
            part="button mute-button"
            aria-pressed=${muted ? 'true' : 'false'}
            aria-label=${texts.muteLane(name)}
            title=${texts.muteLane(name)}
            @click=${() => change(speaker, { volume, muted: !muted })}
          >
            ${muted ? SILENT_ICON : SPEAKER_ICON}
          </button>
          <input
            type="range"
            part="volume"
            min="0"
            max="100"
            step="5"
            aria-label=${texts.volumeOf(name)}
            .value=${String(Math.round(volume * 100))}
            @input=${(event: Event) =>
              change(speaker, { volume: Number((event.target as HTMLInputElement).value) / 100, muted: false })}
          />
        </div>
      `;
    })}
  </div>`;
}
