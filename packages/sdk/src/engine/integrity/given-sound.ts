import { SoundRuns } from './sound-runs.ts';

/** How much of what the bot was given to say has sound, as far as it was put out. */
export class GivenSound {
  readonly #rate: number;
  readonly #open = new Map<string, { runs: SoundRuns; frames: number }>();
  readonly #putOut = new Map<string, number>();

  /** `rate`: session frames per second. */
  constructor(rate: number) {
    this.#rate = rate;
  }

  /** The next samples of an utterance, as the player gets them. */
  add(utteranceId: string, samples: Float32Array): void {
    const open = this.#open.get(utteranceId) ?? { runs: new SoundRuns(this.#rate), frames: 0 };
    open.runs.add(open.frames, samples);
    open.frames += samples.length;
    this.#open.set(utteranceId, open);
  }

  /** The utterance is over: so many frames of it were put out. */
  putOut(utteranceId: string, frames: number): void {
    const open = this.#open.get(utteranceId);
    this.#open.delete(utteranceId);
    if (open) this.#putOut.set(utteranceId, open.runs.soundingFrames({ from: 0, to: frames }));
  }

  /** Frames with sound that were put out of utterances that are over. */
  soundingFrames(utteranceIds: readonly string[]): number {
    return utteranceIds.reduce((sum, utteranceId) => sum + (this.#putOut.get(utteranceId) ?? 0), 0);
  }
}
