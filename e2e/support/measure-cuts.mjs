import { runnerImport } from 'vite';
import { ONSETS, makeOnsets } from '../fixtures/onsets.mjs';
import { encodeRuler } from '../fixtures/ruler.mjs';
import { longestAway, watchMachine } from './machine-watch.mjs';

/** As Chromium's fake device: nothing is resampled on the way to the tap. In Hz. */
const RATE = 44_100;
/** As long as a row takes, and a quarter as long again. */
const FIREFOX_LIMIT_MS = 300_000;
/** So exactly do we know at which wall time a frame was: two bursts. */
const WALL_MS = 20;
/** Pauses within a word are shorter, and the bot is soon back. */
const END_SILENCE_MS = 300;

/**
 * @typedef {object} Cut one word that silenced the bot; all in milliseconds of the audio clock
 * @property {number} toDecision acoustic onset to the end of what the detector looked at
 * @property {number} toKnown from there to the newest frame that the engine had been given
 * @property {number} fromKnown from there to the last frame of the bot that is not zero, the fade included
 * @property {number} fromDecision the two together
 * @property {number} toSilence acoustic onset to the last frame that sounds
 * @property {boolean} voiced the word begins with a voiced sound or a stop
 * @property {number | undefined} awayMs for so long the machine itself was away meanwhile (`machine-watch.mjs`); undefined: nobody knows
 */

/**
 * How soon the bot is silent when the user cuts in, in mode `cut`. One browser, one microphone file; every word cuts a
 * fresh utterance. The acoustic onset is the first sample of the recorded word within 40 dB of its peak.
 *
 * @param {object} options
 * @param {boolean} options.blocked the page stands still 2 s of every 2.6
 * @param {object} [options.vad]
 * @param {number} [options.onsets]
 * @param {'chromium' | 'firefox'} [options.kind]
 * @param {import('turntape').LatencyHint} [options.latencyHint]
 * @param {boolean} [options.isolated] the page is cross-origin isolated: audio and cuts go through shared memory
 * @returns {Promise<{ cuts: Cut[], onsets: number, starts: number, sampleRate: number, underrunMs: number | undefined }>}
 */
export async function measureCuts({
  blocked,
  vad = {},
  onsets = ONSETS,
  kind = 'chromium',
  isolated = false,
  latencyHint = 'interactive',
}) {
  /** @type {typeof import('./launch-browser.ts')} */
  const { launchBrowser } = await load('launch-browser.ts');
  /** @type {typeof import('./open-site.ts')} */
  const { openSite } = await load('open-site.ts');
  /** @type {typeof import('./open-recorder-page.ts')} */
  const { openRecorderPage } = await load('open-recorder-page.ts');
  /** @type {typeof import('./run-long.ts')} */
  const { runLong } = await load('run-long.ts');
  const microphone = await makeOnsets({ count: onsets, sampleRate: RATE });
  const site = await openSite({ isolated });
  const firefox = kind === 'firefox' ? await launchInFirefox(microphone) : undefined;
  const browser = firefox?.browser ?? (await launchBrowser({ microphone }));
  const machine = await watchMachine();
  try {
    const { page } = await openRecorderPage(browser, site);
    const ruler = Buffer.from(encodeRuler({ from: 0, count: 1000, sampleRate: RATE }).buffer).toString('base64');
    const { durationMs } = microphone;
    const script = {
      blocked,
      latencyHint,
      vad: { endSilenceMs: END_SILENCE_MS, ...vad },
      ruler,
      rate: RATE,
      durationMs,
    };
    const { found, starts, sampleRate, underrunMs } = await runLong(page, cutIn, script);
    const cuts = found.map(({ onset, silenceWallMs, ...cut }) => {
      // Which word it was: the file began some time after the session did.
      const inFile = (microphone.words[0]?.at ?? 0) + ((onset - (found[0]?.onset ?? 0)) / sampleRate) * RATE;
      const nearest = microphone.words.toSorted(
        (one, other) => Math.abs(one.at - inFile) - Math.abs(other.at - inFile),
      );
      const { toSilence } = cut;
      const awayMs = machine && longestAway(machine.away, silenceWallMs - toSilence - WALL_MS, silenceWallMs + WALL_MS);
      return { ...cut, voiced: nearest[0]?.voiced ?? true, awayMs };
    });
    return { cuts, onsets: microphone.words.length, starts, sampleRate, underrunMs };
  } finally {
    machine?.stop();
    await (firefox ?? browser).close();
    await site.close();
    await microphone.remove();
  }
}

/** @param {{ file: string }} microphone */
async function launchInFirefox(microphone) {
  /** @type {typeof import('./launch-firefox.ts')} */
  const { launchFirefox } = await load('launch-firefox.ts');
  return launchFirefox({ microphone, limitMs: FIREFOX_LIMIT_MS });
}

/**
 * Runs in the page.
 *
 * @param {{ blocked: boolean, latencyHint: import('turntape').LatencyHint, vad: object, ruler: string, rate: number, durationMs: number }} script
 * @returns {Promise<{ found: (Omit<Cut, 'voiced' | 'awayMs'> & { onset: number, silenceWallMs: number })[], starts: number, sampleRate: number, underrunMs: number | undefined }>}
 */
async function cutIn({ blocked, latencyHint, vad, ruler, rate, durationMs }) {
  const { port1, port2 } = new MessageChannel();
  const recorder = await window.turntape.createRecorder({
    consent: 'granted',
    format: 'wav',
    sampleRate: 'native',
    latencyHint,
    microphone: { echoCancellation: false, noiseSuppression: false, autoGainControl: false },
    vad,
    vadChannel: port1,
    bargeIn: { mode: 'cut' },
    turns: { preRollMs: 200 },
  });
  const session = await recorder.startSession();
  /** @type {import('turntape').ClientVadStartEvent[]} */
  const starts = [];
  session.on('client_vad_start', (event) => starts.push(event));
  const { port } = session.bot;
  const samples = new Int16Array(Uint8Array.from(atob(ruler), (char) => char.charCodeAt(0)).buffer);
  const worker = new Worker('./cut-worker.js');
  worker.postMessage({ bot: port, vad: port2, samples, sampleRate: rate }, [port, port2]);
  const timer = setInterval(() => {
    const until = performance.now() + (blocked ? 2000 : 0);
    while (performance.now() < until);
  }, 2600);
  await new Promise((resolve) => setTimeout(resolve, durationMs + 500));
  clearInterval(timer);
  const { playback, epochs } = await session.stats();
  const { frame, wallMs } = epochs.at(-1)?.wallAnchor ?? { frame: 0, wallMs: 0 };
  await session.stop();
  worker.terminate();
  const [stored] = await recorder.sessions();
  const segments = stored?.segments ?? [];
  const sampleRate = session.audioContext.sampleRate;
  const read = async (/** @type {string} */ segmentId) =>
    new Int16Array((await recorder.readAudio(segmentId)) ?? new ArrayBuffer(44), 44);
  /** @type {(Omit<Cut, 'voiced' | 'awayMs'> & { onset: number, silenceWallMs: number })[]} */
  const found = [];
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
    found.push({
      onset,
      toDecision: toMs(start.decisionFrame - onset),
      toKnown: toMs((start.knownFrame ?? start.decisionFrame) - start.decisionFrame),
      fromKnown: toMs(silence - (start.knownFrame ?? start.decisionFrame)),
      fromDecision: toMs(silence - start.decisionFrame),
      toSilence: toMs(silence - onset),
      silenceWallMs: wallMs + toMs(silence - frame),
    });
  }
  await recorder.dispose();
  return { found, starts: starts.length, sampleRate, underrunMs: playback?.underrunMs };
}

/**
 * The value below which this part of the sample lies: its own members, no interpolation.
 *
 * @param {number[]} values
 * @param {number} part
 */
export function quantile(values, part) {
  const sorted = values.toSorted((one, other) => one - other);
  return sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))] ?? NaN;
}

/**
 * A module of the test support. It is TypeScript, which this Node does not run by itself.
 *
 * @param {string} name
 */
async function load(name) {
  const { module } = await runnerImport(new URL(`./${name}`, import.meta.url).pathname);
  return module;
}
