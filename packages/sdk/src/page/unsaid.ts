import type { BotMessage } from '../core/messages/page-engine.ts';
import type { PcmSamples } from '../core/pcm.ts';

/**
 * What the page could not say while an engine was replaced. What the app wrote of the user meanwhile becomes one piece, which
 * ends now: the next engine places it by its end.
 */
export function inOnePiece(messages: readonly BotMessage[]): BotMessage[] {
  const joined: BotMessage[] = [];
  for (const message of messages) {
    const last = joined.at(-1);
    const follows =
      message.type === 'user-pcm' &&
      last?.type === 'user-pcm' &&
      last.sampleRate === message.sampleRate &&
      last.encoding === message.encoding &&
      last.samples.constructor === message.samples.constructor;
    if (follows) joined[joined.length - 1] = { ...last, samples: appended(last.samples, message.samples) };
    else joined.push(message);
  }
  return joined;
}

/** Two pieces of one kind. */
function appended(first: PcmSamples, second: PcmSamples): PcmSamples {
  const Samples = first.constructor as new (length: number) => PcmSamples;
  const whole = new Samples(first.length + second.length);
  whole.set(first);
  whole.set(second, first.length);
  return whole;
}
