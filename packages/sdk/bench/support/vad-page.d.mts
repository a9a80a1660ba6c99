import type { VadModel, VadSettings } from '../../src/core/settings.ts';
import type { SpeechFact } from '../../src/engine/vad/detector.ts';

export interface ListenOptions {
  model: VadModel;
  samples: Float32Array;
  clockRate: number;
  settings: VadSettings;
  /** Where the files are, when they are not where they should be. */
  urls?: { module?: string; model?: string; ortWasm?: string };
  /** Frame at which the model takes over from the energy model. Without it, it listens from the beginning. */
  switchAfter?: number;
}

export interface Heard {
  facts: SpeechFact[];
  /** Causes of failures while listening. */
  errors: string[];
  /** Time of each inference. */
  windowMs: number[];
  /** From the request of the module to the end of the warm-up. */
  loadMs: number;
  inCharge: VadModel;
}

export interface LoadError {
  name: string;
  message: string;
  code: string | undefined;
  retryable: boolean | undefined;
}

export interface VadPage {
  readonly url: string;
  /** Every request that the page and its workers made of their own server. */
  readonly answers: readonly { path: string; status: number }[];
  /** What the policy refused. */
  readonly violations: readonly unknown[];
  listen(options: ListenOptions): Promise<{ heard?: Heard; error?: LoadError }>;
  close(): Promise<void>;
}

export function openVadPage(): Promise<VadPage>;
