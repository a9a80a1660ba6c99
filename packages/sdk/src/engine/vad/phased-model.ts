import type { VadModel } from '../../core/settings.ts';
import type { ProbabilityModel } from './probability-model.ts';

/**
 * Several models of one kind that hear the same audio in windows shifted against one another: a sooner answer from a
 * model that needs whole windows. Each keeps its own memory and hears every sample once; of four in windows of 32 ms one
 * answers every 8 ms.
 */
export class PhasedModel implements ProbabilityModel {
  readonly name: VadModel;
  readonly windowFrames: number;
  readonly reachFrames: number;
  readonly #models: readonly ProbabilityModel[];
  #past: Float32Array;
  #next = 0;

  /** The length of their windows must be a multiple of their number. */
  constructor(models: readonly ProbabilityModel[]) {
    const [first] = models;
    if (!first || first.windowFrames % models.length !== 0)
      throw new RangeError(`windows of ${first?.windowFrames} frames do not divide by ${models.length}`);
    this.#models = models;
    this.name = first.name;
    this.reachFrames = first.windowFrames;
    this.windowFrames = first.windowFrames / models.length;
    this.#past = new Float32Array(this.reachFrames);
  }

  /** The probability of the window that ends with these frames, by the model whose turn it is. */
  probability(frames: Float32Array): number | Promise<number> {
    const window = new Float32Array(this.reachFrames);
    window.set(this.#past.subarray(frames.length));
    window.set(frames, this.reachFrames - frames.length);
    this.#past = window;
    const model = this.#models[this.#next] as ProbabilityModel;
    this.#next = (this.#next + 1) % this.#models.length;
    // A copy: the window is the model's to keep.
    return model.probability(window.slice());
  }

  reset(): void {
    this.#past = new Float32Array(this.reachFrames);
    for (const model of this.#models) model.reset();
  }

  async release(): Promise<void> {
    await Promise.all(this.#models.map(async (model) => model.release()));
  }
}
