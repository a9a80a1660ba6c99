import { expect, test } from '@playwright/test';
import { makeSpeech } from './fixtures/make-speech.mjs';
import { TICK_MS, alignRuler, decodeRuler } from './fixtures/ruler.mjs';
import { cutRulers } from './support/cut-rulers.ts';
import { launchBrowser } from './support/launch-browser.ts';
import { openNullSink, whyNoNullSink } from './support/null-sink.ts';
import { openRecorderPage } from './support/open-recorder-page.ts';
import { openSite } from './support/open-site.ts';

const SINK_RATE = 48_000;
const FADE_MS = 1;
const QUANTUM_MS = 3;

test('[HEAR-17] what an independent witness heard at the sink is what the record holds @long', async () => {
  const missing = whyNoNullSink();
  test.skip(missing !== undefined, missing);
  const sink = await openNullSink();
  const file = (await makeSpeech()).microphones['one-turn-48000']?.file ?? '';
  const site = await openSite();
  const browser = await launchBrowser({ microphone: { file }, soundServer: sink.server });
  const { page } = await openRecorderPage(browser, site);
  const stopListening = sink.listen();
  const { rounds } = await cutRulers(page, { rounds: 8, blocked: true, seed: 7, pauseMs: 400 });
  const heard = await stopListening();
  await browser.close();
  await site.close();
  await sink.close();

  const sounds = soundsOf(heard);
  expect(sounds.length).toBe(rounds.length);
  for (const [index, { items }] of rounds.entries()) {
    const { to } = sounds[index] ?? { to: 0 };
    const recordedMs = items.reduce((sum, item) => sum + item.done.renderedMs, 0);
    // Not by its length: a busy machine plays silence in between, which is nobody's frame. The ruler says where it ended.
    const heardMs = endOfRuler(heard, to);
    expect(Math.abs(heardMs - recordedMs), `${heardMs} heard, ${recordedMs} recorded`).toBeLessThanOrEqual(
      FADE_MS + QUANTUM_MS,
    );
  }
});

/** Where in the ruler a sound that ends before sample `to` ends, in milliseconds: read from whole ticks before its fade. */
function endOfRuler(heard: Int16Array, to: number): number {
  const tick = (TICK_MS / 1000) * SINK_RATE;
  const start = alignRuler(heard, { sampleRate: SINK_RATE, near: to - 7 * tick });
  const last = decodeRuler(heard, { sampleRate: SINK_RATE, start, count: 5 }).at(-1);
  if (!last) throw new Error('Nothing was heard.');
  return (last.number + 1) * TICK_MS + ((to - last.at - tick) / SINK_RATE) * 1000;
}

/** Stretches of sound with more than 200 ms of silence between them. */
function soundsOf(samples: Int16Array): { from: number; to: number }[] {
  const found: { from: number; to: number }[] = [];
  for (const [at, sample] of samples.entries()) {
    if (Math.abs(sample) < 30) continue;
    const last = found.at(-1);
    if (last && at - last.to < 0.2 * SINK_RATE) last.to = at + 1;
    else found.push({ from: at, to: at + 1 });
  }
  return found;
}
