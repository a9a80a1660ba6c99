import type { Speaker } from 'turntape';
import type { ReviewPart } from './review-session.ts';

/** Of everything that is played here, in Hz: what Opus decodes to. */
export const PLAY_RATE = 48_000;

/** Samples of a place on the timeline. */
export const frameOf = (ms: number): number => Math.round((ms / 1000) * PLAY_RATE);

/** Decoded samples of a part: mono, at {@link PLAY_RATE}. */
export interface PartAudio {
  part: ReviewPart;
  samples: Float32Array;
}

/**
 * One speaker's track over [from, from + length): the files in their places, silence between them. Undefined: it is silent.
 */
export function laneAudio(
  audio: readonly PartAudio[],
  speaker: Speaker,
  from: number,
  length: number,
): Float32Array | undefined {
  let lane: Float32Array | undefined;
  for (const { part, samples } of audio) {
    if (part.speaker !== speaker) continue;
    const start = frameOf(part.startMs);
    const begin = Math.max(from, start);
    const end = Math.min(from + length, start + samples.length);
    if (end <= begin) continue;
    lane ??= new Float32Array(length);
    lane.set(samples.subarray(begin - start, end - start), begin - from);
  }
  return lane;
}
