import type { CreditCommand, QueueFacts } from './credits.ts';
import type { LoudspeakerCommand, LoudspeakerMessage } from './loudspeaker.ts';

/** Player worklet ⇄ engine. The player plays utterances one after the other and says what it put out. */

/** Something that happened at a frame of the capture clock. Sent with the block that holds the frame. */
export type PlayerEvent =
  /** The first frame of this utterance that was put out. */
  | { kind: 'started'; frame: number; utteranceId: string }
  /** Everything given to an ended utterance was put out; `frame` is the one after its last. */
  | { kind: 'drained'; frame: number; utteranceId: string; renderedFrames: number; deafenedFrames?: number }
  /** An open utterance had nothing to play: silence from here. */
  | { kind: 'underrun'; frame: number; utteranceId: string }
  /**
   * The player fell silent by command; `frame` is the one after the last that sounded, fade included. A cut that found an
   * utterance dry ends where that fell silent; one that found nothing played yet, on the frame at which it found that.
   * An utterance that ran out during the fade drained, and is not among the cut ones.
   */
  | { kind: 'cut'; frame: number; cutId: number; utterances: readonly CutUtterance[] };

/** One utterance of the queue at the moment of a cut. `renderedFrames` 0: it was never played. */
export interface CutUtterance {
  utteranceId: string;
  renderedFrames: number;
  /** Of these, put out as silence, since the user was deafened. Absent: none. */
  deafenedFrames?: number;
}

/** What was put out, in the order of the capture clock. */
export interface PlayerBlock extends QueueFacts {
  type: 'block';
  startFrame: number;
  wallMs: number;
  frames: number;
  /** Mono, after gain and before the user's volume. Null when every frame was silent. Copied: the player keeps it as a tap does. */
  samples: Float32Array | null;
  /** Of this block, and of those right before it that were let go. */
  events: readonly PlayerEvent[];
}

export type PlayerMessage = PlayerBlock | LoudspeakerMessage | { type: 'stopped'; endFrame: number };

export type PlayerCommand =
  | CreditCommand
  | LoudspeakerCommand
  | { type: 'begin'; utteranceId: string }
  /** PCM at the rate of the context, mono. Transferred. For a cut or unknown utterance it is ignored. */
  | { type: 'pcm'; utteranceId: string; samples: Float32Array }
  /** No more PCM for this utterance. */
  | { type: 'end'; utteranceId: string }
  /**
   * Fades out at once and drops all that is queued. Always answered by a `cut` event, also when nothing played. The gain
   * is 1 again afterwards, so that a duck before it does not last.
   */
  | { type: 'cut'; cutId: number }
  | { type: 'gain'; gain: number; rampMs: number }
  | { type: 'stop' };

export const playerTransferables = (_message: PlayerMessage): readonly unknown[] => [];

export const playerCommandTransferables = (command: PlayerCommand): readonly unknown[] =>
  command.type === 'pcm' ? [command.samples.buffer] : [];

/**
 * Length of the fade of a cut, so that it ends without a click. Declared in the segment's `capture`. Its frames sound after
 * everybody knew better, so it is short, and smooth for that: above 4 kHz it leaves no more than a straight one of 2.5 ms.
 */
export const DECLICK_MS = 1;
