/** How the loudness of both speakers is told. */
export interface LevelOptions {
  /**
   * One `level` event of each speaker for so much audio, in milliseconds, 20 … 1000. RMS and peak are of that stretch alone: a
   * tone of which seven periods fit into it is right to 0.1 dB, at 50 ms from 140 Hz on; one of 80 Hz to 0.2. Default 50: twenty times a second is smooth to the eye.
   */
  everyMs: number;
}

/** What there is when nothing is asked for. */
export const DEFAULT_LEVEL_OPTIONS: Readonly<LevelOptions> = Object.freeze({ everyMs: 50 });
