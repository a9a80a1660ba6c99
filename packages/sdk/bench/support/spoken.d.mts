export { click, noises, pinkNoise } from './noises.mjs';
export interface Recording {
  clockRate: number;
  samples: Float32Array;
  utterances: { onset: number; end: number }[];
}
export function recordSpeech(options: { count: number; clockRate: number }): Promise<Recording>;
export function addNoise(recording: Recording, snrDb: number): Recording;
