import { expect, test } from '@playwright/test';
import type { ClientVadStartEvent, ClientVadStopEvent, GapEvent, InterruptionEvent } from 'turntape';
import { makeClicks } from './fixtures/clicks.mjs';
import { launchBrowser } from './support/launch-browser.ts';
import { withoutMachineGaps } from './support/machine-gaps.ts';
import { openRecorderPage } from './support/open-recorder-page.ts';
import { openSite } from './support/open-site.ts';
import { readDucks } from './support/read-ducks.ts';
import { runLong } from './support/run-long.ts';
import { withoutStandstills } from './support/standstills.ts';
import { skippedMs, watchWall } from './support/wall-witness.ts';

/** As Chromium's fake device: what the file holds is what the detector hears. In Hz. */
const RATE = 44_100;
const CLICKS = 5;
/** A click is over for the detector after `vad.endSilenceMs`, 800. */
const EVERY_MS = 1100;
/** The file begins with the microphone. The bot must be speaking by then, and when the last click is over. */
const LEAD_MS = 2000;
const BOT_MS = 8000;
/** Quiet, it is one burst of the browser: 10 ms. A machine that is busy for most of them would have to be busy for so long. */
const LATE_MS = 120;

test('[CUT-16] [CUT-26] [CUT-27] clicks of 40 ms that the detector takes for speech duck the bot at once and restore it, and cut nothing', async () => {
  const clicks = await makeClicks({
    count: CLICKS,
    everyMs: EVERY_MS,
    leadMs: LEAD_MS,
    tailMs: BOT_MS,
    sampleRate: RATE,
  });
  const site = await openSite();
  const browser = await launchBrowser({ microphone: { file: clicks.file } });
  const { page, troubles } = await openRecorderPage(browser, site);
  await watchWall(page);
  const result = await runLong(page, speakThroughClicks, { BOT_MS });
  const notAskedMs = await skippedMs(page);
  await browser.close();
  await site.close();
  await clicks.remove();

  expect(troubles).toEqual([]);
  expect(result.errors).toEqual([]);
  expect(withoutMachineGaps(result.gaps, notAskedMs)).toEqual([]);
  // Nothing was cut, and of the user nothing is kept.
  expect(result.interruptions).toEqual([]);
  expect(result.done).toMatchObject({ interrupted: false, renderedMs: BOT_MS, heardMs: BOT_MS, generatedMs: BOT_MS });
  expect(result.segments).toMatchObject([{ speaker: 'bot', endReason: 'drained', interrupted: false }]);
  const [bot] = result.segments;
  if (!bot) throw new Error('nothing was kept');

  // Each start has its own stop, and none was speech.
  const { starts, stops } = result;
  expect(starts.length).toBeGreaterThanOrEqual(CLICKS - 2);
  expect(stops.map(({ turnId, misfire }) => ({ turnId, misfire }))).toEqual(
    starts.map(({ turnId }) => ({ turnId, misfire: true })),
  );

  // Every sample is what was given, times one or a quarter or what lies between, on the player's own curve.
  const { sampleRate } = result;
  const bytes = Buffer.from(result.audio, 'base64');
  const kept = new Int16Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
  const audio = withoutStandstills(kept, bot.gaps, sampleRate);
  const given = Int16Array.from(result.given);
  expect(audio.length).toBe(given.length);
  const ducks = readDucks(audio, given, sampleRate);
  const heard = starts
    .map(({ decisionFrame }, index) => ({ from: decisionFrame, to: stops[index]?.decisionFrame ?? NaN }))
    .filter(({ from, to }) => to > bot.startFrame && from < bot.startFrame + audio.length);
  expect(ducks).toHaveLength(heard.length);
  const lateMs = ducks.map(({ down, up }, index) => {
    const { from = NaN, to = NaN } = heard[index] ?? {};
    expect(bot.startFrame + down).toBeGreaterThan(from);
    expect(bot.startFrame + (up ?? NaN)).toBeGreaterThan(to);
    return ((bot.startFrame + down - Math.max(from, bot.startFrame)) / sampleRate) * 1000;
  });
  const sorted = lateMs.toSorted((one, other) => one - other);
  const description = `${sorted.map((ms) => ms.toFixed(1)).join(', ')} (${starts.length} of ${CLICKS} clicks)`;
  test.info().annotations.push({ type: 'decision → quieter, ms', description });
  expect(sorted[Math.floor(sorted.length / 2)], description).toBeLessThanOrEqual(LATE_MS);
});

/** Runs in the page: it can use nothing from outside of itself. */
async function speakThroughClicks({ BOT_MS }: { BOT_MS: number }) {
  const recorder = await window.turntape.createRecorder({
    consent: 'granted',
    format: 'wav',
    sampleRate: 'native',
    // As the file has them.
    microphone: { echoCancellation: false, noiseSuppression: false, autoGainControl: false },
  });
  const session = await recorder.startSession();
  const { sampleRate } = session.audioContext;
  const errors: string[] = [];
  const gaps: GapEvent[] = [];
  const interruptions: InterruptionEvent[] = [];
  const starts: ClientVadStartEvent[] = [];
  const stops: ClientVadStopEvent[] = [];
  session.on('error', ({ error }) => errors.push(`${error.code}: ${error.message}`));
  session.on('gap', (event) => gaps.push(event));
  session.on('interruption', (event) => interruptions.push(event));
  session.on('client_vad_start', (event) => starts.push(event));
  session.on('client_vad_stop', (event) => stops.push(event));
  // Loud at every sample, and none is like the one before it.
  const given = Int16Array.from(
    { length: (BOT_MS / 1000) * sampleRate },
    (_, n) => (n % 2 === 0 ? 1 : -1) * (8000 + ((n * 7919) % 16_000)),
  );
  const utterance = session.bot.begin();
  utterance.write(given, { sampleRate });
  utterance.end();
  const done = await utterance.done;
  await session.stop();
  const stored = (await recorder.sessions()).find((each) => each.session.sessionId === session.sessionId);
  const segments = stored?.segments ?? [];
  const bytes = segments[0] && (await recorder.readAudio(segments[0].segmentId));
  const url = await new Promise<string>((resolve) => {
    const reader = new FileReader();
    reader.addEventListener('load', () => resolve(reader.result as string));
    reader.readAsDataURL(new Blob([(bytes ?? new ArrayBuffer(44)).slice(44)]));
  });
  await recorder.dispose();
  const told = { errors, gaps, interruptions, starts, stops };
  return { ...told, sampleRate, done, segments, given: [...given], audio: url.slice(url.indexOf(',') + 1) };
}
