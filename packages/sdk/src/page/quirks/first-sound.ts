/** A device that sounds at all does so within this. Measured in Chromium 156: 30 to 90 ms, 300 ms on a busy machine. */
const SOUNDS_WITHIN_MS = 500;

/** So often it is asked whether there is something to be heard. */
const LOOK_EVERY_MS = 5;

/**
 * Settles when a stream's first sound has reached this node, so that whoever listens to another one meanwhile can let go
 * of that without a hole. A browser hands a stream out before its device runs: until then it is digital silence. A
 * stream that stays silent, and a context that stands still, are not waited for longer than {@link SOUNDS_WITHIN_MS}.
 */
export async function firstSound(source: MediaStreamAudioSourceNode): Promise<void> {
  const analyser = new AnalyserNode(source.context, { fftSize: 2048 });
  const samples = new Float32Array(analyser.fftSize);
  source.connect(analyser);
  const until = performance.now() + SOUNDS_WITHIN_MS;
  do {
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
    analyser.getFloatTimeDomainData(samples);
  } while (!samples.some((sample) => sample !== 0) && performance.now() < until);
  source.disconnect(analyser);
}
