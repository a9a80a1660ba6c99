import type { CreditCommand, QueueFacts } from './credits.ts';
import type { LoudspeakerCommand, LoudspeakerMessage } from './loudspeaker.ts';

/** Tap worklet ⇄ engine. A tap listens to one source; one that also plays it (`gate`) can silence it. */

/** PCM of whole quanta, mono, in the order of the capture clock. */
export interface TapBlock extends QueueFacts {
  type: 'block';
  startFrame: number;
  /** Wall time when the first quantum was rendered, milliseconds since 1970. */
  wallMs: number;
  /** Always whole quanta; at most one block, or one burst. Copied: the tap keeps it for an engine that has to hear it again. */
  samples: Float32Array;
  /** True: nothing of it was put out, since the user is deafened. `samples` is what would have been: it still has its turns. */
  deafened?: boolean;
}

export type TapMessage =
  | TapBlock
  | LoudspeakerMessage
  /** Answer to `stop`: everything up to this frame has been sent. */
  | { type: 'stopped'; endFrame: number }
  /** Answer to `cut`: the first frame that is silent. */
  | { type: 'cut'; cutId: number; frame: number }
  /** Answer to `mute`: the first frame for which it holds. */
  | { type: 'muted'; muteId: number; frame: number };

export type TapCommand =
  | CreditCommand
  /** Only to one that plays. */
  | LoudspeakerCommand
  /** Sends what is in hand, answers, and ends the processor. */
  | { type: 'stop' }
  /** Ramps what is played (and taped) to this gain over `rampMs`. 1 is unity. */
  | { type: 'gain'; gain: number; rampMs: number }
  /** Silences what is played, with the declick fade, until `gain` opens it again. */
  | { type: 'cut'; cutId: number }
  /** From the next quantum on the tap hears silence (`muted`), or its source again. What it plays is not touched. */
  | { type: 'mute'; muteId: number; muted: boolean }
  /** From the next quantum on: a block is full, or goes when the burst of quanta is over in which it was rendered. */
  | { type: 'blocks'; end: 'full' | 'burst' };

export const tapTransferables = (_message: TapMessage): readonly unknown[] => [];

export const tapCommandTransferables = (_command: TapCommand): readonly unknown[] => [];
