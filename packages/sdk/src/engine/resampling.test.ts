import { expect, test } from 'vitest';
import type { ResamplerQuality } from '../core/settings.ts';
import { BotVoice } from './bot/bot-voice.ts';
import { UtteranceLedger } from './bot/utterance-ledger.ts';
import { WrittenUser } from './user/written-user.ts';

/** What is written at 16 kHz reaches the track at 48 kHz: a tone at 0.9 of the Nyquist frequency says by which filter. */

const FROM = 16_000;
const TO = 48_000;
const EDGE_HZ = 7200;
const SAMPLES = Float32Array.from({ length: FROM / 5 }, (_, n) => 0.5 * Math.sin((2 * Math.PI * EDGE_HZ * n) / FROM));

/** Of the middle of what came, against what went in, in dB. */
function levelDb(pieces: readonly Float32Array[]): number {
  const whole = Float32Array.from(pieces.flatMap((piece) => [...piece]));
  const middle = whole.subarray(whole.length / 4, (whole.length * 3) / 4);
  const power = middle.reduce((sum, sample) => sum + sample * sample, 0) / middle.length;
  return 10 * Math.log10(power / 0.125);
}

const written: Record<string, (resampler: ResamplerQuality | undefined) => number> = {
  bot: (resampler) => {
    const played: Float32Array[] = [];
    const voice = new BotVoice({
      utterances: new UtteranceLedger(),
      clockRate: () => TO,
      resampler,
      play: (command) => command.type === 'pcm' && played.push(command.samples),
      onBegun: () => undefined,
      newId: () => 'an id',
    });
    voice.take({ type: 'pcm', samples: SAMPLES, sampleRate: FROM });
    voice.take({ type: 'end' });
    voice.flush();
    return levelDb(played);
  },
  user: (resampler) => {
    const pushed: Float32Array[] = [];
    const user = new WrittenUser({
      rate: TO,
      resampler,
      now: () => TO,
      push: (_from, samples) => pushed.push(samples),
      onStalled: () => undefined,
      onError: (error) => expect.fail(error.message),
    });
    user.write(SAMPLES, FROM);
    return levelDb(pushed);
  },
};

test.each(Object.keys(written))(
  '[RSM-4] what the app writes as the %s is changed to the context’s rate as well as was asked for',
  (who) => {
    expect(Math.abs(written[who]!('best'))).toBeLessThan(0.1);
    expect(written[who]!(undefined)).toBe(written[who]!('best'));
    const fast = written[who]!('fast');
    expect(fast).toBeGreaterThan(-8);
    expect(fast).toBeLessThan(-4);
  },
);
