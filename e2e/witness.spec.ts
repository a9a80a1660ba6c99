import { expect, test } from '@playwright/test';
import { makeSpeech } from './fixtures/make-speech.mjs';
import { TICK_MS, alignRuler, decodeRuler } from './fixtures/ruler.mjs';
import { ITEM_TICKS, cutRulers } from './support/cut-rulers.ts';
import { launchBrowser } from './support/launch-browser.ts';
import { openNullSink } from './support/null-sink.ts';
import { openRecorderPage } from './support/open-recorder-page.ts';
import { openSite } from './support/open-site.ts';

const SINK_RATE = 48_000;
const FADE_MS = 5;
const QUANTUM_MS = 3;

test('[HEAR-17] what an independent witness heard at the sink is what the record holds @long', async () => {
  const sink = await openNullSink();
  test.skip(!sink, 'needs PulseAudio: apt-get install pulseaudio pulseaudio-utils');
  if (!sink) return;
  const file = (await makeSpeech()).microphones['one-turn-48000']?.file ?? '';
  const site = await openSite();
  const browser = await launchBrowser({ microphone: { file }, soundServer: sink.server });
  const { page } = await openRecorderPage(browser, site);
  const stopListening = sink.listen();
  const { rounds, sampleRate } = await cutRulers(page, { rounds: 8, blocked: true, seed: 7 });
  const heard = await stopListening();
  await browser.close();
  await site.close();
  await sink.close();

  const sounds = soundsOf(heard);
  expect(sounds.length).toBe(rounds.length);
  for (const [index, { items }] of rounds.entries()) {
    const { from, to } = sounds[index] ?? { from: 0, to: 0 };
    const recordedMs = items.reduce((sum, item) => sum + item.done.renderedMs, 0);
    const heardMs = ((to - from) / SINK_RATE) * 1000;
    expect(Math.abs(heardMs - recordedMs)).toBeLessThanOrEqual(FADE_MS + QUANTUM_MS);
    // The same ticks, from the first to the last whole one before the fade.
    const start = alignRuler(heard, { sampleRate: SINK_RATE, near: from - 48 });
    const whole = Math.floor((recordedMs - FADE_MS) / TICK_MS);
    const ticks = decodeRuler(heard, { sampleRate: SINK_RATE, start, count: whole }).map((tick) => tick.number);
    const recorded = items.flatMap(({ audio }) => {
      const bytes = Buffer.from(audio, 'base64');
      return [...new Int16Array(bytes.buffer, bytes.byteOffset, bytes.length / 2)];
    });
    expect(ticks).toEqual(decodeRuler(recorded, { sampleRate, count: whole }).map((tick) => tick.number));
    expect(ticks.length).toBeLessThanOrEqual(items.length * ITEM_TICKS);
  }
});

/** Stretches of sound with more than 30 ms of silence between them. */
function soundsOf(samples: Int16Array): { from: number; to: number }[] {
  const found: { from: number; to: number }[] = [];
  for (const [at, sample] of samples.entries()) {
    if (Math.abs(sample) < 30) continue;
    const last = found.at(-1);
    if (last && at - last.to < 0.03 * SINK_RATE) last.to = at + 1;
    else found.push({ from: at, to: at + 1 });
  }
  return found;
}
