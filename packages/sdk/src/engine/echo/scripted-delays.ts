import { correlate } from './correlate.ts';
import { APART, type EchoSignals } from './echo-sums.ts';

/** Every other sample is enough to tell likely delays from others: they are only candidates. */
const STRIDE = 2;

/** As `EchoSums` says. A voice repeats itself with every pitch period: the best one alone would often be wrong. */
export function likelyDelays({ mic, reference, lead }: EchoSignals, count: number, wanted: number): readonly number[] {
  const scores = correlations(mic, reference, lead, count);
  let power = 0;
  for (let n = 0; n < mic.length; n += 1) power += (reference[lead + n] as number) ** 2;
  for (let delay = 0; delay < count; delay += 1) {
    const start = lead - delay;
    const sum = scores[delay] as number;
    scores[delay] = power > 1e-12 ? (sum * sum) / power : 0;
    power += (reference[start - 1] as number) ** 2 - (reference[start + mic.length - 1] as number) ** 2;
  }
  const found: number[] = [];
  while (found.length < wanted) {
    let best = -1;
    for (let at = 0; at < scores.length; at += 1)
      if ((scores[at] as number) > (best < 0 ? 0 : (scores[best] as number))) best = at;
    if (best < 0) break;
    found.push(best);
    scores.fill(0, Math.max(0, best - APART), best + APART + 1);
  }
  return found;
}

/** Of every `STRIDE`th sample: with the reference from `start` on, from one sample before it, and so on. */
function correlations(mic: Float32Array, reference: Float32Array, start: number, count: number): Float64Array {
  const heard = everyOther(mic, 0);
  const all = new Float64Array(Math.max(0, count));
  // The delays of one phase lie side by side in what is taken of the reference.
  for (let first = 0; first < Math.min(STRIDE, count); first += 1) {
    const played = everyOther(reference, (start - first) % STRIDE);
    const ofPhase = correlate(heard, played, Math.floor((start - first) / STRIDE), Math.ceil((count - first) / STRIDE));
    for (let at = 0; at < ofPhase.length; at += 1) all[first + at * STRIDE] = ofPhase[at] as number;
  }
  return all;
}

function everyOther(samples: Float32Array, phase: number): Float32Array {
  const taken = new Float32Array(Math.ceil((samples.length - phase) / STRIDE));
  for (let at = 0; at < taken.length; at += 1) taken[at] = samples[phase + at * STRIDE] as number;
  return taken;
}
