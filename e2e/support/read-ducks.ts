/** As the player ramps: 20 ms along 3x² − 2x³, down to the default of `bargeIn.duckGain` and back to 1. */
const RAMP_MS = 20;
const DUCK_GAIN = 0.25;
/** A file's sample is rounded, and so is what it was reckoned from. */
const ROUNDED = 1.01;
/** A ramp begins flat: its first frames cannot be told from those before. */
const FLAT_FRAMES = 32;

/** Where the bot began to be quieter, and where it began to be as loud as before; undefined: not any more. */
export interface Duck {
  down: number;
  up: number | undefined;
}

/**
 * Reads the gain of every sample of what was kept of `given`, and gives back the ducks that it is made of. Throws at the first sample
 * that is not what was given times a gain that the player can have had. `given` is loud at every sample.
 */
export function readDucks(kept: Int16Array, given: Int16Array, sampleRate: number): Duck[] {
  const rampFrames = Math.round((RAMP_MS / 1000) * sampleRate);
  const fits = (at: number, gain: number): boolean => Math.abs((kept[at] ?? 0) - (given[at] ?? 0) * gain) <= ROUNDED;
  const ducks: Duck[] = [];
  let gain = 1;
  for (let at = 0; at < kept.length; at += 1) {
    if (fits(at, gain)) continue;
    const target = gain === 1 ? DUCK_GAIN : 1;
    const from = rampStart(at, (each, part) => {
      const frame = each + Math.round(part * rampFrames) - 1;
      return frame >= kept.length || fits(frame, gain + (target - gain) * smooth(part));
    });
    if (target === 1) (ducks.at(-1) as Duck).up = from;
    else ducks.push({ down: from, up: undefined });
    gain = target;
    at = from + rampFrames - 1;
  }
  return ducks;

  /** The frame with which a ramp must have begun that is seen at `seen`. */
  function rampStart(seen: number, isAt: (start: number, part: number) => boolean): number {
    const parts = Array.from({ length: rampFrames }, (_, frame) => (frame + 1) / rampFrames);
    for (let start = seen; start >= Math.max(0, seen - FLAT_FRAMES); start -= 1)
      if (parts.every((part) => isAt(start, part))) return start;
    throw new Error(
      `sample ${seen} of ${kept.length} is ${kept[seen]}, given was ${given[seen]}, at a gain of ${gain}`,
    );
  }
}

const smooth = (part: number): number => part * part * (3 - 2 * part);
