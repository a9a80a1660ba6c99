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

/**
 * What is played: voices, rooms and delays.
 *
 * @typedef {object} Corpus
 * @property {string} prefix of its rows
 * @property {readonly Spoken[]} bots
 * @property {readonly Spoken[]} users
 * @property {readonly number[]} delaysMs
 * @property {'study' | 'kitchen' | 'hallway'} room
 */
/** @typedef {{ voice: string, text: string }} Spoken */

/** So many of the sixty sentences are said by users. */
const USERS = 20;

/** @type {Corpus} The constants were found on it. */
const CHOSEN_ON = {
  prefix: '',
  bots: [
    { voice: 'slt', text: 'The harbour was built in the fourteenth century, and it is still in use today.' },
    { voice: 'rms', text: 'Your appointment is on Monday at nine. Shall I send you a reminder?' },
    { voice: 'espeak-f3', text: 'There are three trains this evening, the first one leaves at six.' },
    { voice: 'kal16', text: 'I have found four restaurants near you. Do you want to hear them all?' },
  ],
  users: SENTENCES.slice(0, USERS),
  delaysMs: [20, 60, 120, 190, 250],
  room: 'study',
};

/**
 * Other voices say other sentences: in the order of the bots, one further on, so that nobody talks over their own voice.
 *
 * @param {readonly Spoken[]} bots
 * @param {number} from of the sentences
 */
const usersBeside = (bots, from) =>
  SENTENCES.slice(from, from + USERS).map(({ text }, index) => ({
    text,
    voice: bots[(index + 1) % bots.length]?.voice ?? '',
  }));

const SECOND_BOTS = [
  { voice: 'kal', text: 'The parcel was handed to your neighbour this morning, at a quarter past ten.' },
  { voice: 'espeak-m5', text: 'You have two new messages. The first one is from the dentist.' },
  { voice: 'espeak-f2', text: 'Tomorrow it will be cloudy, with some rain in the afternoon and a light wind.' },
  { voice: 'espeak-m7', text: 'I could not find that song. Would you like to hear something similar?' },
];

/** @type {Corpus} It was held out until one of its voices cut the bot: what was done about that was found on it. */
const SECOND = {
  prefix: 'second set, ',
  bots: SECOND_BOTS,
  users: usersBeside(SECOND_BOTS, USERS),
  delaysMs: [35, 90, 155, 205, 240],
  room: 'kitchen',
};

const HELD_OUT_BOTS = [
  { voice: 'espeak-f4', text: 'Could you tell me the number of your contract? It begins with a K.' },
  { voice: 'espeak-m1', text: 'It takes about forty minutes by bus, or a quarter of an hour by taxi.' },
  { voice: 'espeak-f1', text: 'Perfect, I have put that on your shopping list. Is there anything else?' },
  { voice: 'espeak-m6', text: 'The museum closes at six today. The last tickets are sold at half past five.' },
];

/** @type {Corpus} Voices, words, delays and a room on which nothing was chosen, and nothing is to be. */
const HELD_OUT = {
  prefix: 'held-out, ',
  bots: HELD_OUT_BOTS,
  users: usersBeside(HELD_OUT_BOTS, 2 * USERS),
  delaysMs: [28, 75, 130, 180, 225],
  room: 'hallway',
};

/** The recorder's own threshold. */
const SCORED = { echoThreshold: 0.8 };
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

/** @typedef {(scenes: Scene[]) => Promise<Played[]>} Play */

/**
 * The bot's own voice in the microphone: how often it cuts the bot, and how often a user who talks over it does not. The
 * engine's pipeline with Silero v6 in a worker of Chromium; the echo is of what is really played, so that a duck and a cut
 * are heard in it.
 *
 * @returns {Promise<Row[]>}
 */
export async function echoBench() {
  return played(CHOSEN_ON, (play) => echoAndUsers(CHOSEN_ON, play));
}

/**
 * What the same files come to without an echo, and without the score.
 *
 * @returns {Promise<Row[]>}
 */
export async function echoBaselineBench() {
  return played(CHOSEN_ON, async (play) => {
    /** @type {Row[]} */
    const rows = [];
    const headphones = { ...SCORED, bargeInMode: /** @type {const} */ ('cut') };
    rows.push(...userRows('headphones, cut', await play(talkedOver(CHOSEN_ON, headphones))));
    const unscored = { ...headphones, echoThreshold: 1 };
    rows.push(...userRows('headphones, cut, not scored', await play(talkedOver(CHOSEN_ON, unscored))));
    const loud = { ...unscored, levelDb: -20 };
    rows.push(...echoRows('echo -20 dB, cut, not scored', await play(alone(CHOSEN_ON, loud))));
    return rows;
  });
}

/**
 * The same of a second set of files.
 *
 * @returns {Promise<Row[]>}
 */
export async function echoSecondBench() {
  return played(SECOND, (play) => echoAndUsers(SECOND, play));
}

/**
 * The same of voices, words, delays and a room that no constant has seen.
 *
 * @returns {Promise<Row[]>}
 */
export async function echoHeldOutBench() {
  return played(HELD_OUT, (play) => echoAndUsers(HELD_OUT, play));
}

/**
 * At each level: the echo alone in the mode that is the harder one for it, `cut`, which cuts at every start; and users over it in
 * both.
 *
 * @param {Corpus} corpus
 * @param {Play} play
 */
async function echoAndUsers(corpus, play) {
  /** @type {Row[]} */
  const rows = [];
  for (const levelDb of LEVELS_DB) {
    const name = `${corpus.prefix}echo ${levelDb} dB`;
    const cut = { ...SCORED, levelDb, bargeInMode: /** @type {const} */ ('cut') };
    const duck = { ...SCORED, levelDb, bargeInMode: /** @type {const} */ ('duck-then-cut') };
    rows.push(...echoRows(`${name}, cut`, await play(alone(corpus, cut))));
    rows.push(...userRows(`${name}, duck-then-cut`, await play(talkedOver(corpus, duck))));
    rows.push(...userRows(`${name}, cut`, await play(talkedOver(corpus, cut))));
  }
  return rows;
}

/**
 * With the corpus spoken, and a browser that plays scenes of it.
 *
 * @param {Corpus} corpus
 * @param {(play: Play) => Promise<Row[]>} measure
 */
async function played(corpus, measure) {
  const folder = await mkdtemp(join(tmpdir(), 'turntape-echo-'));
  try {
    const files = await prepare(folder, corpus);
    const worker = await startChromiumWorker(
      fileURLToPath(new URL('support/scene.worker.mjs', import.meta.url)),
      files,
    );
    const play = async (/** @type {Scene[]} */ scenes) => {
      /** @type {Played[]} */
      const all = [];
      for (const scene of scenes) {
        /** @type {Played} */
        const one = await worker.call('play', scene);
        if (one.errors.length > 0) throw new Error(one.errors.join('; '));
        all.push(one);
      }
      return all;
    };
    try {
      return await measure(play);
    } finally {
      await worker.close();
    }
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** @param {string} folder @param {Corpus} corpus @returns {Promise<Record<string, string>>} */
async function prepare(folder, { bots, users }) {
  const served = ['ort-wasm-simd-threaded.wasm', 'silero_vad_v6.onnx'];
  await Promise.all([bundle('vad.silero.js', folder), ...served.map((name) => copyPackaged(name, folder))]);
  const names = ['vad.silero.js', ...served];
  const say = async (/** @type {string} */ name, /** @type {Spoken} */ what) => {
    const { samples, onset, end } = await speak({ ...what, sampleRate: CLOCK_RATE, folder });
    await writeFile(
      join(folder, name),
      Float32Array.from(samples.subarray(onset, end), (sample) => sample / 32768),
    );
    names.push(name);
  };
  for (const [index, bot] of bots.entries()) await say(`bot-${index}`, bot);
  for (const [index, user] of users.entries()) await say(`user-${index}`, user);
  return Object.fromEntries(names.map((name) => [name, join(folder, name)]));
}

/**
 * @typedef {Pick<Scene, 'bargeInMode' | 'echoThreshold' | 'levelDb'>} Setting
 * @param {Corpus} corpus
 * @param {Setting} setting
 * @returns {Scene[]}
 */
function alone({ bots, delaysMs, room }, setting) {
  return bots.flatMap((_, bot) => delaysMs.map((delayMs) => ({ ...setting, room, bot: `bot-${bot}`, delayMs })));
}

/**
 * @param {Corpus} corpus
 * @param {Setting} setting
 * @returns {Scene[]}
 */
function talkedOver({ bots, users, delaysMs, room }, setting) {
  return users.map((_, user) => ({
    ...setting,
    room,
    bot: `bot-${user % bots.length}`,
    delayMs: delaysMs[(user * 3) % delaysMs.length] ?? 0,
    user: `user-${user}`,
    userAtMs: 400 + ((user * 370) % 2000),
    userDb: USER_DB[user % USER_DB.length] ?? 0,
  }));
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
