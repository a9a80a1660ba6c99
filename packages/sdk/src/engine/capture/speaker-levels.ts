import type { LevelEvent } from '../../core/events.ts';
import type { Speaker } from '../../core/turn.ts';
import { LevelMeter } from './levels.ts';
import type { SessionClock } from './session-clock.ts';

/** Levels are reported this often: twenty times a second is smooth to the eye. */
const LEVEL_EVERY_MS = 50;

/** The meters of both tracks, and what each said last. */
export class SpeakerLevels {
  readonly newest: Record<Speaker, LevelEvent | undefined> = { user: undefined, bot: undefined };
  readonly #meters: Readonly<Record<Speaker, LevelMeter>>;

  constructor(clock: SessionClock, onLevel: (event: LevelEvent) => void) {
    const meter = (speaker: Speaker): LevelMeter =>
      new LevelMeter(clock.toFrames(LEVEL_EVERY_MS), (rmsDb, peakDb, to) => {
        const event = { speaker, rmsDb, peakDb, atMs: clock.toMs(to) };
        this.newest[speaker] = event;
        onLevel(event);
      });
    this.#meters = { user: meter('user'), bot: meter('bot') };
  }

  add(speaker: Speaker, from: number, samples: Float32Array): void {
    this.#meters[speaker].add(from, samples);
  }
}
