import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { speak } from '../../../e2e/fixtures/speak.mjs';
import { bundle, copyPackaged } from '../build.mjs';
import { startChromiumWorker } from './support/chromium-worker.mjs';
import { SENTENCES } from './support/sentences.mjs';

/** In Hz. */
const CLOCK_RATE = 48_000;
const LEVELS_DB = [-10, -20, -30];
const DELAYS_MS = [20, 60, 120, 190, 250];

/** What the bot says: four voices. */
const BOTS = [
  { voice: 'slt', text: 'The harbour was built in the fourteenth century, and it is still in use today.' },
  { voice: 'rms', text: 'Your appointment is on Monday at nine. Shall I send you a reminder?' },
  { voice: 'espeak-f3', text: 'There are three trains this evening, the first one leaves at six.' },
  { voice: 'kal16', text: 'I have found four restaurants near you. Do you want to hear them all?' },
];
/** The recorder's own threshold. */
const SCORED = { echoThreshold: 0.8 };
/** So many of the sixty sentences are said by users. */
const USERS = 20;
/** A cut this long after the user's onset still belongs to it. In ms. */
const LATE_MS = 1500;
/** Microphone files in which the user is as loud as the bot, and quieter. In dB. */
const USER_DB = [0, -6];

/**
 * @typedef {object} Row
 * @property {string} name
 * @property {number} value
 * @property {string} unit
 * @property {string} [note]
 */
/** @typedef {import('./support/scene.d.mts').Scene} Scene */
/** @typedef {import('./support/scene.d.mts').Played} Played */

/**
 * The bot's own voice in the microphone: how often it cuts the bot, and how often a user who talks over it does not. The
 * engine's pipeline with Silero v6 in a worker of Chromium; the echo is of what is really played, so that a duck and a cut
 * are heard in it.
 *
 * @returns {Promise<Row[]>}
 */
export async function echoBench() {
  const folder = await mkdtemp(join(tmpdir(), 'turntape-echo-'));
  const files = await prepare(folder);
  const worker = await startChromiumWorker(fileURLToPath(new URL('support/scene.worker.mjs', import.meta.url)), files);
  const play = async (/** @type {Scene} */ scene) => {
    /** @type {Played} */
    const played = await worker.call('play', scene);
    if (played.errors.length > 0) throw new Error(played.errors.join('; '));
    return played;
  };
  try {
    /** @type {Row[]} */
    const rows = [];
    for (const levelDb of LEVELS_DB) {
      // Each in the mode that is the harder one for it: `cut` cuts at every start, the other waits for a confirmation.
      const [cut, duck] = [
        { ...SCORED, levelDb, bargeInMode: 'cut' },
        { ...SCORED, levelDb, bargeInMode: 'duck-then-cut' },
      ];
      rows.push(...echoRows(`echo ${levelDb} dB, cut`, await playAll(play, alone(cut))));
      rows.push(...userRows(`echo ${levelDb} dB, duck-then-cut`, await playAll(play, talkedOver(duck))));
    }
    const cut = { ...SCORED, bargeInMode: 'cut', levelDb: -20 };
    rows.push(...userRows('echo -20 dB, cut', await playAll(play, talkedOver(cut))));
    const headphones = { ...SCORED, bargeInMode: 'cut' };
    rows.push(...userRows('headphones, cut', await playAll(play, talkedOver(headphones))));
    const unscored = { ...headphones, echoThreshold: 1 };
    rows.push(...userRows('headphones, cut, not scored', await playAll(play, talkedOver(unscored))));
    rows.push(...echoRows('echo -20 dB, cut, not scored', await playAll(play, alone({ ...unscored, levelDb: -20 }))));
    return rows;
  } finally {
    await worker.close();
    await rm(folder, { recursive: true });
  }
}

/** @param {string} folder @returns {Promise<Record<string, string>>} */
async function prepare(folder) {
  const served = ['ort-wasm-simd-threaded.wasm', 'silero_vad_v6.onnx'];
  await Promise.all([bundle('vad.silero.js', folder), ...served.map((name) => copyPackaged(name, folder))]);
  const names = ['vad.silero.js', ...served];
  const say = async (/** @type {string} */ name, /** @type {{ voice: string, text: string }} */ what) => {
    const { samples, onset, end } = await speak({ ...what, sampleRate: CLOCK_RATE, folder });
    await writeFile(
      join(folder, name),
      Float32Array.from(samples.subarray(onset, end), (sample) => sample / 32768),
    );
    names.push(name);
  };
  for (const [index, bot] of BOTS.entries()) await say(`bot-${index}`, bot);
  for (const [index, user] of SENTENCES.slice(0, USERS).entries()) await say(`user-${index}`, user);
  return Object.fromEntries(names.map((name) => [name, join(folder, name)]));
}

/**
 * @typedef {Pick<Scene, 'bargeInMode' | 'echoThreshold' | 'levelDb'>} Setting
 * @param {Setting} setting
 * @returns {Scene[]}
 */
function alone(setting) {
  return BOTS.flatMap((_, bot) => DELAYS_MS.map((delayMs) => ({ ...setting, bot: `bot-${bot}`, delayMs })));
}

/**
 * @param {Setting} setting
 * @returns {Scene[]}
 */
function talkedOver(setting) {
  return Array.from({ length: USERS }, (_, user) => ({
    ...setting,
    bot: `bot-${user % BOTS.length}`,
    delayMs: DELAYS_MS[(user * 3) % DELAYS_MS.length] ?? 0,
    user: `user-${user}`,
    userAtMs: 400 + ((user * 370) % 2000),
    userDb: USER_DB[user % USER_DB.length] ?? 0,
  }));
}

/**
 * @param {(scene: Scene) => Promise<Played>} play
 * @param {Scene[]} scenes
 */
async function playAll(play, scenes) {
  /** @type {Played[]} */
  const played = [];
  for (const scene of scenes) played.push(await play(scene));
  return played;
}

/**
 * @param {string} name
 * @param {Played[]} scenes
 * @returns {Row[]}
 */
function echoRows(name, scenes) {
  const cut = scenes.filter(({ cutsMs }) => cutsMs.length > 0).length;
  const turns = scenes.reduce((sum, scene) => sum + scene.turns, 0);
  const starts = scenes.flatMap((scene) => scene.starts);
  const doubtful = starts.filter((start) => start.doubtful).length;
  const note = `${cut} of ${scenes.length}; ${turns} turns; ${starts.length} starts, ${doubtful} of them doubtful`;
  return [{ name: `${name}: false cuts`, value: (100 * cut) / scenes.length, unit: '%', note }];
}

/**
 * @param {string} name
 * @param {Played[]} scenes
 * @returns {Row[]}
 */
function userRows(name, scenes) {
  const early = scenes.filter(({ cutsMs }) => cutsMs.some((ms) => ms < 0)).length;
  const cuts = scenes.flatMap(({ cutsMs }) => cutsMs.filter((ms) => ms >= 0 && ms <= LATE_MS).slice(0, 1));
  const missed = scenes.length - cuts.length - early;
  const sorted = cuts.toSorted((a, b) => a - b);
  const part = (/** @type {number} */ of) =>
    sorted[Math.min(sorted.length - 1, Math.floor(of * sorted.length))] ?? Number.NaN;
  return [
    {
      name: `${name}, user over it: missed cuts`,
      value: (100 * missed) / scenes.length,
      unit: '%',
      note: `${missed} of ${scenes.length}; ${early} cut before the user spoke`,
    },
    {
      name: `${name}, user over it: cut after, median`,
      value: part(0.5),
      unit: 'ms',
      note: `p95 ${Math.round(part(0.95))} ms`,
    },
  ];
}
