import { runnerImport } from 'vite';
import { makeOnsets } from '../fixtures/onsets.mjs';
import { encodeRuler } from '../fixtures/ruler.mjs';

/** Words that cut in, for each row: of three voices. */
const ONSETS = 36;

/**
 * How soon the bot is silent when the user cuts in, in mode `cut`, on the audio clock alone: from the acoustic onset in
 * the microphone's file, and from the frame at which the detector knew, to the last frame of the bot that is not zero,
 * the declick fade included. Every word cuts a fresh utterance. The page idle, and standing still 2 s of every 2.6.
 *
 * @returns {Promise<{ name: string, value: number, unit: string, note?: string }[]>}
 */
export async function cutLatencyBench() {
  /** @type {Awaited<ReturnType<typeof cutLatencyBench>>} */
  const rows = [];
  for (const blocked of [false, true]) {
    const cuts = await measureCuts({ blocked, vad: {} });
    rows.push(...cutRows(`v6, page ${blocked ? 'blocked' : 'idle'}`, cuts));
  }
  return rows;
}

/**
 * @typedef {object} Cut all in milliseconds
 * @property {number} toDecision acoustic onset to the frame of the decision
 * @property {number} fromDecision frame of the decision to the last frame that sounds
 * @property {number} toSilence acoustic onset to the last frame that sounds
 */

/**
 * @param {string} name
 * @param {{ cuts: Cut[], onsets: number }} measured
 */
function cutRows(name, { cuts, onsets }) {
  const row = (/** @type {string} */ what, /** @type {keyof Cut} */ field, /** @type {number} */ part) => ({
    name: `${name}: ${what}, p${part * 100}`,
    value: quantile(
      cuts.map((cut) => cut[field]),
      part,
    ),
    unit: 'ms',
    note: `${cuts.length} of ${onsets} words cut`,
  });
  return [
    row('onset → decision', 'toDecision', 0.5),
    row('onset → decision', 'toDecision', 0.95),
    row('decision → silence', 'fromDecision', 0.5),
    row('decision → silence', 'fromDecision', 0.99),
    row('onset → silence', 'toSilence', 0.5),
    row('onset → silence', 'toSilence', 0.95),
  ];
}

/**
 * One browser, one microphone file.
 *
 * @param {{ blocked: boolean, vad: object, onsets?: number }} options
 * @returns {Promise<{ cuts: Cut[], onsets: number }>}
 */
async function measureCuts({ blocked, vad, onsets = ONSETS }) {
  /** @type {typeof import('../support/launch-browser.ts')} */
  const { launchBrowser } = await load('launch-browser.ts');
  /** @type {typeof import('../support/open-site.ts')} */
  const { openSite } = await load('open-site.ts');
  /** @type {typeof import('../support/open-recorder-page.ts')} */
  const { openRecorderPage } = await load('open-recorder-page.ts');
  // The rate of Chromium's fake device: nothing is resampled on the way to the tap.
  const microphone = await makeOnsets({ count: onsets, sampleRate: 44_100 });
  const site = await openSite();
  const browser = await launchBrowser({ microphone });
  const { page } = await openRecorderPage(browser, site);
  const ruler = Buffer.from(encodeRuler({ from: 0, count: 1000, sampleRate: 44_100 }).buffer).toString('base64');
  const cuts = await page.evaluate(cutIn, { blocked, vad, ruler, durationMs: microphone.durationMs });
  await browser.close();
  await site.close();
  await microphone.remove();
  return { cuts, onsets: microphone.count };
}

/**
 * Runs in the page.
 *
 * @param {{ blocked: boolean, vad: object, ruler: string, durationMs: number }} script
 * @returns {Promise<Cut[]>}
 */
async function cutIn({ blocked, vad, ruler, durationMs }) {
  const { port1, port2 } = new MessageChannel();
  const recorder = await window.turntape.createRecorder({
    consent: 'granted',
    format: 'wav',
    sampleRate: 'native',
    microphone: { echoCancellation: false, noiseSuppression: false, autoGainControl: false },
    vad,
    vadChannel: port1,
    bargeIn: { mode: 'cut' },
  });
  const session = await recorder.startSession();
  /** @type {import('turntape').ClientVadStartEvent[]} */
  const starts = [];
  session.on('client_vad_start', (event) => starts.push(event));
  const { port } = session.bot;
  const samples = new Int16Array(Uint8Array.from(atob(ruler), (char) => char.charCodeAt(0)).buffer);
  const worker = new Worker('./cut-worker.js');
  worker.postMessage({ bot: port, vad: port2, samples, sampleRate: 44_100 }, [port, port2]);
  const timer = setInterval(() => {
    const until = performance.now() + (blocked ? 2000 : 0);
    while (performance.now() < until);
  }, 2600);
  await new Promise((resolve) => setTimeout(resolve, durationMs + 500));
  clearInterval(timer);
  await session.stop();
  worker.terminate();
  const [stored] = await recorder.sessions();
  const segments = stored?.segments ?? [];
  const sampleRate = session.audioContext.sampleRate;
  const read = async (/** @type {string} */ segmentId) =>
    new Int16Array((await recorder.readAudio(segmentId)) ?? new ArrayBuffer(44), 44);
  /** @type {Cut[]} */
  const cuts = [];
  for (const user of segments.filter((segment) => segment.speaker === 'user')) {
    const heard = await read(user.segmentId);
    const peak = heard.reduce((loudest, sample) => Math.max(loudest, Math.abs(sample)), 0);
    const onset = user.startFrame + heard.findIndex((sample) => Math.abs(sample) >= peak / 100);
    const start = starts.find((each) => each.turnId === user.turnId);
    const bot = segments.find(
      (each) => each.speaker === 'bot' && each.interrupted && each.startFrame < onset && each.endFrame > onset,
    );
    if (!start || !bot) continue;
    const silence = bot.startFrame + (await read(bot.segmentId)).findLastIndex((sample) => sample !== 0) + 1;
    const toMs = (/** @type {number} */ frames) => (frames / sampleRate) * 1000;
    cuts.push({
      toDecision: toMs(start.decisionFrame - onset),
      fromDecision: toMs(silence - start.decisionFrame),
      toSilence: toMs(silence - onset),
    });
  }
  await recorder.dispose();
  return cuts;
}

/**
 * The value below which this part of the sample lies: its own members, no interpolation.
 *
 * @param {number[]} values
 * @param {number} part
 */
function quantile(values, part) {
  const sorted = values.toSorted((one, other) => one - other);
  return sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))] ?? NaN;
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
