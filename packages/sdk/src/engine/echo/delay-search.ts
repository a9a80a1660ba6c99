import { dot } from './dot.ts';
import type { EchoSignals } from './least-squares.ts';

/** Two candidates lie at least this far apart, in samples: nearer ones would be covered by one filter. */
const APART = 24;

/** Every other sample is enough to tell likely delays from others: they are only candidates. */
const STRIDE = 2;

/**
 * The delays of [from, to) at which the reference resembles the microphone most, best first, by the square of the
 * normalised correlation. A voice repeats itself with every pitch period: the best one alone would often be wrong.
 */
export function likelyDelays(
  { mic, reference, lead }: EchoSignals,
  from: number,
  to: number,
  count: number,
): readonly number[] {
  const scores = new Float64Array(Math.max(0, to - from));
  let power = 0;
  for (let n = 0; n < mic.length; n += 1) power += (reference[lead - from + n] as number) ** 2;
  // Side by side, so that each delay is one straight sum.
  const heard = everyOther(mic, 0);
  const played = Array.from({ length: STRIDE }, (_, phase) => everyOther(reference, phase));
  for (let delay = from; delay < to; delay += 1) {
    const start = lead - delay;
    const sum = dot(heard, played[start % STRIDE] as Float32Array, Math.floor(start / STRIDE));
    scores[delay - from] = power > 1e-12 ? (sum * sum) / power : 0;
    power += (reference[start - 1] as number) ** 2 - (reference[start + mic.length - 1] as number) ** 2;
  }
  const found: number[] = [];
  while (found.length < count) {
    let best = -1;
    for (let at = 0; at < scores.length; at += 1)
      if ((scores[at] as number) > (best < 0 ? 0 : (scores[best] as number))) best = at;
    if (best < 0) break;
    found.push(from + best);
    scores.fill(0, Math.max(0, best - APART), best + APART + 1);
  }
  return found;
}

function everyOther(samples: Float32Array, phase: number): Float32Array {
  const taken = new Float32Array(Math.ceil((samples.length - phase) / STRIDE));
  for (let at = 0; at < taken.length; at += 1) taken[at] = samples[phase + at * STRIDE] as number;
  return taken;
}
