/** Engine ⇄ the worklets that sound (the player, and a tap that plays): what the user hears of them, and how loud. */

/** How a worklet begins: a node that is made in the middle of a session sounds as the one before. */
export interface LoudspeakerState {
  /** Nothing of the bot is heard. */
  deafened: boolean;
  /** 0 … 1. */
  volume: number;
}

export const AS_IT_COMES: LoudspeakerState = { deafened: false, volume: 1 };

export type LoudspeakerCommand =
  /**
   * From the next quantum on the output fades to silence, or comes back; what is taped is what is put out. Asked for what is
   * so already, it is answered all the same.
   */
  | { type: 'deafen'; deafenId: number; deafened: boolean }
  /** From the next quantum on the output is multiplied by this. What is taped is not touched. */
  | { type: 'volume'; volume: number };

export type LoudspeakerMessage =
  /** Answer to `deafen`: the first frame that is silent, the fade before it; or the first that sounds again, and fades in. */
  | { type: 'deafened'; deafenId: number; frame: number }
  /** Answer to `volume`: the first frame of its ramp. */
  | { type: 'volume'; volume: number; frame: number };

/** From one volume to the next: too short to hear as a step, too long to click. */
export const VOLUME_RAMP_MS = 20;
