import { Resampler } from '../../codecs/resampler.ts';
import type { SessionPlace } from './session-clock.ts';
import type { Track } from './track.ts';

/**
 * Puts the blocks of a capture clock onto a track. An epoch that runs at the session's rate is taken as it is; one of
 * a context rebuilt at another rate passes through a resampler of its own.
 */
export class TrackInput {
  readonly #track: Track;
  #foreign: { epoch: number; resampler: Resampler; at: number } | undefined;

  constructor(track: Track) {
    this.#track = track;
  }

  push(place: SessionPlace, sessionRate: number, samples: Float32Array): void {
    const { epoch, from } = place;
    if (this.#foreign && this.#foreign.epoch !== epoch.epoch) this.#endForeign();
    if (epoch.clockRate === sessionRate) {
      this.#track.push(from, samples);
      return;
    }
    this.#foreign ??= { epoch: epoch.epoch, resampler: new Resampler(epoch.clockRate, sessionRate), at: from };
    this.#put(this.#foreign.resampler.process(samples));
  }

  #endForeign(): void {
    if (this.#foreign) this.#put(this.#foreign.resampler.flush());
    this.#foreign = undefined;
  }

  #put(samples: Float32Array): void {
    if (!this.#foreign || samples.length === 0) return;
    this.#track.push(this.#foreign.at, samples);
    this.#foreign.at += samples.length;
  }
}
