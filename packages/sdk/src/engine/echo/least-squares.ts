import { echoSums } from './chosen-sums.ts';
import type { EchoSignals } from './echo-sums.ts';

/** A filter from the reference to the microphone: tap `i` is the gain at a delay of `delay + i` samples. */
export interface EchoPath {
  delay: number;
  taps: Float64Array;
}

/** A path that was fitted, and what it explains. */
export interface FittedPath extends EchoPath {
  /** Energy of the microphone: less by so much without what the path explains. */
  explained: number;
}

/** The filter of `length` taps from `delay` on that explains most of the microphone's energy; undefined without any. */
export function fitPath({ mic, reference, lead }: EchoSignals, delay: number, length: number): FittedPath | undefined {
  const fit = echoSums().fit(mic, reference, lead - delay, length);
  return fit && { delay, taps: fit.weights, explained: fit.explained };
}

/** What the path does not explain of the microphone. */
export function residual({ mic, reference, lead }: EchoSignals, { delay, taps }: EchoPath): Float32Array {
  const weights = Float32Array.from(taps).reverse();
  const start = lead - delay - taps.length + 1;
  return echoSums().residual(mic, reference.subarray(start, lead - delay + mic.length), weights);
}
