import type { LevelEvent } from '../../core/events.ts';
import { DEFAULT_LEVEL_OPTIONS, type LevelOptions } from '../../core/level-options.ts';
import type { Speaker } from '../../core/turn.ts';
import { LevelMeter } from './levels.ts';
import type { SessionClock } from './session-clock.ts';

/** The meters of both tracks, and what each said last. */
export class SpeakerLevels {
  readonly newest: Record<Speaker, LevelEvent | undefined> = { user: undefined, bot: undefined };
  readonly #meters: Readonly<Record<Speaker, LevelMeter>>;

  constructor(
    clock: SessionClock,
    onLevel: (event: LevelEvent) => void,
    { everyMs }: Readonly<LevelOptions> = DEFAULT_LEVEL_OPTIONS,
  ) {
    const meter = (speaker: Speaker): LevelMeter =>
      new LevelMeter(clock.toFrames(everyMs), (rmsDb, peakDb, to) => {
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
