import { html } from 'lit';
import type { TemplateResult } from 'lit';
import type { Session } from 'turntape';
import { SPEAKER_ICON, SPEAKER_OFF_ICON } from '../icons.ts';
import type { SessionNews } from '../session-news.ts';
import type { TurnTapeTexts } from '../texts.ts';

/** How the bot sounds for the person: at all, and how loud. */
export interface BotSound {
  deafened: boolean;
  /** 0 … 1. */
  volume: number;
}

export interface BotSoundView extends BotSound {
  onDeafen: () => void;
  onVolume: (volume: number) => void;
}

/** Of the slider, in percent. */
const STEP = 5;

/** One button and one slider in one frame: they belong together, and to the loudspeaker beside them. */
export function botSoundTemplate(
  { deafened, volume, onDeafen, onVolume }: BotSoundView,
  texts: TurnTapeTexts,
): TemplateResult {
  const percent = Math.round(volume * 100);
  return html`
    <div class="sound" part="sound">
      <button
        type="button"
        class="deafen"
        part="deafen-button"
        aria-label=${texts.deafen}
        title=${texts.deafen}
        aria-pressed=${deafened ? 'true' : 'false'}
        aria-keyshortcuts="D"
        @click=${onDeafen}
      >
        ${deafened ? SPEAKER_OFF_ICON : SPEAKER_ICON}
      </button>
      <input
        type="range"
        class="volume"
        part="volume"
        aria-label=${texts.volume}
        title=${texts.volume}
        aria-valuetext=${texts.volumeValue(percent)}
        min="0"
        max="100"
        step=${STEP}
        .value=${String(percent)}
        @input=${({ target }: Event) => onVolume((target as HTMLInputElement).valueAsNumber / 100)}
      />
    </div>
  `;
}

/** As a session takes it: what lies outside is taken as the nearest, and what is no number as the default. */
const asVolume = (volume: number): number => (Number.isNaN(volume) ? 1 : Math.min(1, Math.max(0, volume)));

/** What the control needs of its house. */
export interface BotSoundPorts {
  /** The session that runs and does not end yet. */
  running(): Session | undefined;
  failed(thrown: unknown): void;
}

/** The element says how the bot sounds, and the session does it; what the app has the session do, the element says. */
export class BotSoundControl {
  readonly #element: BotSound;
  readonly #ports: BotSoundPorts;

  constructor(element: BotSound, ports: BotSoundPorts) {
    this.#element = element;
    this.#ports = ports;
  }

  get view(): BotSoundView {
    const { deafened, volume } = this.#element;
    return {
      deafened,
      volume: asVolume(volume),
      onDeafen: () => this.toggle(),
      onVolume: (wanted) => (this.#element.volume = wanted),
    };
  }

  toggle(): void {
    if (this.#ports.running()) this.#element.deafened = !this.#element.deafened;
  }

  /** The session that runs sounds as the element says. */
  apply(): void {
    const session = this.#ports.running();
    if (!session) return;
    const { deafened } = this.#element;
    const volume = asVolume(this.#element.volume);
    if (session.bot.volume !== volume) session.bot.setVolume(volume);
    if (session.deafened === deafened) return;
    const done = deafened ? session.deafen() : session.undeafen();
    done.catch((thrown: unknown) => this.#ports.failed(thrown));
  }

  heard(news: SessionNews): void {
    if (news.type === 'deafen') this.#element.deafened = news.event.deafened;
    // What was asked for last: what the engine tells may be of some moves of the slider ago.
    if (news.type === 'volume') this.#element.volume = this.#ports.running()?.bot.volume ?? news.event.volume;
  }
}
