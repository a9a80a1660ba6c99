/** Witnesses what comes to the loudspeaker: every quantum of its input that sounds, by its frame. */
class Ear extends AudioWorkletProcessor {
  process([input]) {
    const samples = input[0];
    if (samples) this.port.postMessage({ frame: currentFrame, samples: samples.slice() });
    return true;
  }
}

registerProcessor('ear', Ear);
