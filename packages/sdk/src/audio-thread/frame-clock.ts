/**
 * The capture frame of a quantum. Chromium (156, measured) can say frame 0 in a processor's first quantum, and in the
 * first after a context went on, whatever the frame is. Where the frames before are known, the quantum follows them: a
 * context that stood still goes on where it stood. The first of all cannot be placed and is left out.
 */
export class FrameClock {
  #next = 0;

  /** `said`: the scope's `currentFrame`. Undefined: nobody knows. */
  at(said: number, frames: number): number | undefined {
    const frame = said === 0 ? this.#next : said;
    if (frame === 0) return undefined;
    this.#next = frame + frames;
    return frame;
  }
}
