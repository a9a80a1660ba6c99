/** A standstill that a render burst of 10 ms explains is none. */
const LONGEST_BURST_MS = 15;

const QUANTUM_FRAMES = 128;

/**
 * Witnesses how the wall clock and the frames part, quantum by quantum, whatever the product makes of it: by how many
 * milliseconds, each time. And the frames that the browser rendered without asking anybody.
 */
class Standstills extends AudioWorkletProcessor {
  #aheadMs;
  #nextFrame;

  process() {
    let now;
    try {
      now = Date.now();
    } catch {
      // A fault that was switched on: this quantum has no clock.
      return true;
    }
    const aheadMs = now - (currentFrame / sampleRate) * 1000;
    const byMs = aheadMs - (this.#aheadMs ?? aheadMs);
    this.#aheadMs = aheadMs;
    const skippedFrames = currentFrame - (this.#nextFrame ?? currentFrame);
    this.#nextFrame = currentFrame + QUANTUM_FRAMES;
    if (Math.abs(byMs) > LONGEST_BURST_MS || skippedFrames > 0) this.port.postMessage({ byMs, skippedFrames });
    return true;
  }
}

registerProcessor('standstills', Standstills);
