/**
 * How much audio may lie between a worklet and its engine. The engine says how far it has come (credits); what it has
 * no credit for waits in the worklet, and what waits too long is let go and becomes a gap.
 */

/** On its way: so much goes out without an answer. A busy engine answers within a tenth of it. */
export const CREDIT_MS = 680;

/** The engine answers after so many frames (43 ms at 48 kHz). */
export const CREDIT_EVERY_FRAMES = 2048;

/**
 * The longest stall of the engine that loses nothing: so much audio waits in the worklet of each track, beside what is
 * on its way. 10 s are 1.92 MB at 48 kHz. Less than what a track's past can be read: a turn that began at the start of
 * the stall still finds its pre-roll.
 */
export const STALL_MS = 10_000;

/**
 * What the engine has taken stays in the worklet for so long: when the engine crashes, another hears it again. More
 * than a pre-roll, a confirmation and a chunk. 1.2 s are 0.23 MB at 48 kHz.
 */
export const REPLAY_MS = 1200;

/** What a block says of the queue it comes from. Absent: 0. */
export interface QueueFacts {
  /** Frames right before this block that were let go: the engine stood still for too long. */
  lostFrames?: number;
  /** Frames that wait behind it in the worklet. */
  waitingFrames?: number;
}

/** Engine → worklet: so many frames have been taken since the port was connected. */
export interface CreditCommand {
  type: 'consumed';
  frames: number;
}
