/** Quanta of one look: some 20 ms. */
const LOOK_QUANTA = 8;

const QUANTUM_FRAMES = 128;

/**
 * Witnesses how far the wall clock is ahead of the frames, whatever the product makes of it: a machine that stands still
 * leaves it further ahead than before. Of each look the least, since a quantum may be rendered late, never early. And how
 * many frames the browser has rendered without asking anybody.
 */
class WallWitness extends AudioWorkletProcessor {
  #quanta = 0;
  #aheadMs = Infinity;
  #next;

  process() {
    const skippedFrames = currentFrame - (this.#next ?? currentFrame);
    this.#next = currentFrame + QUANTUM_FRAMES;
    // At once: a context that is closed tells nothing any more.
    if (skippedFrames > 0) this.port.postMessage({ skippedMs: (skippedFrames / sampleRate) * 1000 });
    this.#aheadMs = Math.min(this.#aheadMs, Date.now() - (currentFrame / sampleRate) * 1000);
    this.#quanta += 1;
    if (this.#quanta < LOOK_QUANTA) return true;
    this.port.postMessage({ frame: currentFrame, aheadMs: this.#aheadMs });
    this.#quanta = 0;
    this.#aheadMs = Infinity;
    return true;
  }
}

registerProcessor('wall-witness', WallWitness);
