import type { LoudspeakerState } from './loudspeaker.ts';
import type { SharedLink } from './shared-port.ts';

/**
 * Page → audio thread: the first and last thing the page says to a worklet. From then on the worklet talks to the
 * engine over the port it was given, and captured audio never meets the page.
 */
export interface AudioSetup {
  type: 'connect';
  /** The worklet's end of its channel to the engine: a MessagePort. */
  port: unknown;
  /** On a cross-origin isolated page: the messages go through this memory, and the port is a bell. */
  shared?: SharedLink | undefined;
}

export const audioSetupTransferables = (message: AudioSetup): readonly unknown[] => [message.port];

/** What a worklet is told when its node is made: the node's `processorOptions`. `plays` is for a tap. */
export interface WorkletOptions extends LoudspeakerState {
  /** The tap passes its input to its output, through a gain that can silence it. Default false: its output is silent. */
  plays: boolean;
}

/** Names under which the two processors are registered. */
export const TAP_PROCESSOR = 'turntape-tap';
export const PLAYER_PROCESSOR = 'turntape-player';

/** Frames of one `process()` call: fixed by the Web Audio specification. */
export const QUANTUM_FRAMES = 128;

/**
 * Frames of a full block: four quanta, 10.7 ms at 48 kHz. Long enough that a busy engine sees fewer than 100 messages a
 * second, short enough that a cut waits for at most one of them. Blocks start at multiples of it on the capture clock,
 * so the blocks of all tracks of one context cover the same frames.
 */
export const BLOCK_FRAMES = 4 * QUANTUM_FRAMES;

/**
 * The most frames of a block of the microphone while the bot speaks: it is as long as what the browser renders in one go. 43 ms
 * at 48 kHz; browsers render 10 to 20.
 */
export const LONGEST_BURST_FRAMES = 16 * QUANTUM_FRAMES;
