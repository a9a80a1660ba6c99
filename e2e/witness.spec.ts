import { expect, test } from '@playwright/test';
import { makeSpeech } from './fixtures/make-speech.mjs';
import { TICK_MS, alignRuler, decodeRuler } from './fixtures/ruler.mjs';
import { checkRounds } from './support/check-rulers.ts';
import { type Script, cutRulers } from './support/cut-rulers.ts';
import { launchBrowser } from './support/launch-browser.ts';
import { openNullSink, whyNoNullSink } from './support/null-sink.ts';
import { openRecorderPage } from './support/open-recorder-page.ts';
import { openSite } from './support/open-site.ts';

const SINK_RATE = 48_000;
const FADE_MS = 1;
const QUANTUM_MS = 3;
/** Of a ruler as much as can be read for sure: whole ticks before the fade. */
const READABLE_MS = 80;

/** Five seconds are given at once, and after one the user takes the floor. */
const FIVE_SECONDS: Script = { items: 1, itemTicks: 500, cutMs: 1000 };

for (const { what, cuts, script, tag } of [
  { what: '5 s that are given at once and cut after 1 s', cuts: 2, script: FIVE_SECONDS, tag: ' @long' },
  { what: '5 s that are given at once and cut after 1 s', cuts: 100, script: FIVE_SECONDS, tag: ' @long' },
  { what: 'three items, cut at random', cuts: 100, script: undefined, tag: ' @long' },
]) {
  test(`[HEAR-17] what an independent witness heard at the sink is what the record holds: ${cuts} times ${what}${tag}`, async () => {
    const missing = whyNoNullSink();
    test.skip(missing !== undefined, missing);
    const sink = await openNullSink();
    const file = (await makeSpeech()).microphones['one-turn-48000']?.file ?? '';
    const site = await openSite();
    const browser = await launchBrowser({ microphone: { file }, soundServer: sink.server });
    const { page } = await openRecorderPage(browser, site);
    const stopListening = sink.listen();
    const result = await cutRulers(page, { cuts, blocked: true, seed: 7, pauseMs: 400, ...(script && { script }) });
    const heard = await stopListening();
    await browser.close();
    await site.close();
    await sink.close();

    expect(result.errors).toEqual([]);
    expect(checkRounds(result)).toBeGreaterThanOrEqual(cuts);
    // The files hold exactly so much, as was checked of each.
    const recordedMs = result.rounds
      .map(({ items }) => items.reduce((sum, item) => sum + item.done.renderedMs, 0))
      .filter((ms) => ms > 0);
    const sounds = soundsOf(heard);
    expect(sounds.length).toBe(recordedMs.length);
    const errorsMs = recordedMs.flatMap((ms, index) => {
      // Not by its length: a busy machine plays silence in between, which is nobody's frame. The ruler says where it ended.
      return ms < READABLE_MS ? [] : [ms - endOfRuler(heard, sounds[index]?.to ?? 0)];
    });
    expect(errorsMs.length).toBeGreaterThanOrEqual(cuts / 2);
    const sizes = errorsMs.map((ms) => Math.abs(ms)).toSorted((one, other) => one - other);
    const figures = [0.5, 0.99].map((part) => sizes[Math.ceil(part * sizes.length) - 1]?.toFixed(2));
    const [from, to] = [Math.min(...errorsMs).toFixed(2), Math.max(...errorsMs).toFixed(2)];
    const description = `${sizes.length} cuts, recorded less heard: p50 and p99 ${figures.join(' and ')} ms, from ${from} to ${to} ms`;
    test.info().annotations.push({ type: 'witness', description });
    expect(sizes.at(-1), description).toBeLessThanOrEqual(FADE_MS + QUANTUM_MS);
  });
}

/** Where in the ruler a sound that ends before sample `to` ends, in milliseconds: read from whole ticks before its fade. */
function endOfRuler(heard: Int16Array, to: number): number {
  const tick = (TICK_MS / 1000) * SINK_RATE;
  const start = alignRuler(heard, { sampleRate: SINK_RATE, near: to - 7 * tick });
  const last = decodeRuler(heard, { sampleRate: SINK_RATE, start, count: 5 }).at(-1);
  if (!last) throw new Error('Nothing was heard.');
  return (last.number + 1) * TICK_MS + ((to - last.at - tick) / SINK_RATE) * 1000;
}

/** The ruler goes on here: a busy machine has parted a sound in two. Each round begins at its first tick. */
function goesOn(heard: Int16Array, from: number): boolean {
  const start = alignRuler(heard, { sampleRate: SINK_RATE, near: from });
  const read = decodeRuler(heard, { sampleRate: SINK_RATE, start, count: 3 }).filter(({ purity }) => purity > 0.98);
  return read.length > 0 && read.every(({ number }) => number > 2);
}

/** Stretches of sound with more than 200 ms of silence between them, one for each round. */
function soundsOf(samples: Int16Array): { from: number; to: number }[] {
  const found: { from: number; to: number }[] = [];
  for (const [at, sample] of samples.entries()) {
    if (Math.abs(sample) < 30) continue;
    const last = found.at(-1);
    if (last && at - last.to < 0.2 * SINK_RATE) last.to = at + 1;
    else found.push({ from: at, to: at + 1 });
  }
  const whole: typeof found = [];
  for (const sound of found) {
    const before = whole.at(-1);
    if (before && goesOn(samples, sound.from)) before.to = sound.to;
    else whole.push(sound);
  }
  return whole;
}
