import type { VadModel } from '../../core/settings.ts';

/** Rate of what every model hears, in Hz. */
export const MODEL_RATE = 16_000;

/**
 * Says of one window after the other how likely it holds speech. Has a memory of the windows before, so one model
 * serves one detector at a time. Whoever made it releases it.
 */
export interface ProbabilityModel {
  readonly name: VadModel;
  /** Frames of one window at {@link MODEL_RATE}. */
  readonly windowFrames: number;
  /** 0 … 1. The window is the model's to keep. A throw, a rejection or a value that is no number: the model is broken. */
  probability(window: Float32Array): number | Promise<number>;
  /**
   * The same of the window that ends with these frames: they follow the last window and are fewer than one, so it begins
   * within that. What it finds is not remembered.
   */
  peek?(frames: Float32Array): number | Promise<number>;
  /** The next window does not continue the last one. */
  reset(): void;
  release(): void | Promise<void>;
}
