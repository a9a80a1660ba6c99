import { runnerImport } from 'vite';
import { makeSpeech } from '../fixtures/make-speech.mjs';

/** Each run is a browser of its own: the fake microphone plays its file once. */
const RUNS = 7;
/** How long the turn has been open when the session is stopped, in milliseconds. */
const INTO_TURN_MS = 1000;

/**
 * Stop to kept: from the call of `session.stop()` in the middle of a spoken turn until it settles, when every captured
 * frame is kept on the device. The real page, worker, worklets, encoder and database.
 *
 * @returns {Promise<{ name: string, value: number, unit: string, note?: string }[]>}
 */
export async function stopToKeptBench() {
  const microphone = (await makeSpeech()).microphones['one-turn-48000'];
  if (!microphone) throw new Error('The speech of the tests has no file one-turn-48000.');
  /** @type {typeof import('../support/launch-browser.ts')} */
  const { launchBrowser } = await load('launch-browser.ts');
  /** @type {typeof import('../support/open-site.ts')} */
  const { openSite } = await load('open-site.ts');
  /** @type {typeof import('../support/open-recorder-page.ts')} */
  const { openRecorderPage } = await load('open-recorder-page.ts');

  const site = await openSite();
  /** @type {number[]} */
  const times = [];
  for (let run = 0; run < RUNS; run++) {
    const browser = await launchBrowser({ microphone });
    const { page } = await openRecorderPage(browser, site);
    times.push(await page.evaluate(stopMidTurn, INTO_TURN_MS));
    await browser.close();
  }
  await site.close();
  times.sort((one, other) => one - other);
  const note = `${RUNS} runs, Opus, stopped ${INTO_TURN_MS} ms into a turn`;
  return [
    { name: 'stop to kept, median', value: times[Math.floor(RUNS / 2)] ?? NaN, unit: 'ms', note },
    { name: 'stop to kept, slowest', value: times.at(-1) ?? NaN, unit: 'ms', note },
  ];
}

/**
 * Runs in the page: the milliseconds that `stop()` took.
 *
 * @param {number} intoTurnMs
 */
async function stopMidTurn(intoTurnMs) {
  const recorder = await window.turntape.createRecorder({ consent: 'granted' });
  const session = await recorder.startSession({ sessionId: crypto.randomUUID() });
  await new Promise((resolve) => session.on('turn-start', resolve));
  await new Promise((resolve) => setTimeout(resolve, intoTurnMs));
  const calledAt = performance.now();
  await session.stop();
  return performance.now() - calledAt;
}

/**
 * A module of the test support. It is TypeScript, which this Node does not run by itself.
 *
 * @param {string} name
 */
async function load(name) {
  const { module } = await runnerImport(new URL(`../support/${name}`, import.meta.url).pathname);
  return module;
}
