import { PlaybackQueue } from '../../src/audio-thread/playback-queue.ts';
import { BLOCK_FRAMES, QUANTUM_FRAMES } from '../../src/core/messages/audio-setup.ts';
import { DECLICK_MS } from '../../src/core/messages/player-engine.ts';
import { Pipeline } from '../../src/engine/pipeline.ts';
import { openTurntapeDatabase } from '../../src/storage/database.ts';
import { EchoRoom, roomNoise } from './echo-room.mjs';

/** Plays scenes to the engine's pipeline, faster than real time: a bot, its echo, and perhaps a user who talks over it. */

const CLOCK_RATE = 48_000;
/** Of a quiet room, in dBFS. */
const NOISE_DBFS = -60;
/** The bot begins here, so that the noise is known before. */
const BOT_AT_MS = 600;

/** @typedef {import('./scene.d.mts').Scene} Scene */

/** @type {Map<string, Float32Array>} */
const voices = new Map();

/** @param {string} name */
async function voice(name) {
  const known = voices.get(name);
  if (known) return known;
  const samples = new Float32Array(await (await fetch(`/${name}`)).arrayBuffer());
  voices.set(name, samples);
  return samples;
}

/** @type {import('../../src/engine/vad/probability-model.ts').ProbabilityModel | undefined} */
let silero;
/** What is not finished yet: inferences, and utterances on their way to the player. */
const open = { inferences: 0, utterances: 0 };

async function loadModel() {
  if (silero) return silero;
  // Past the bundler: the module is served beside this worker.
  const url = '/vad.silero.js';
  const { loadSilero } = await import(/* @vite-ignore */ url);
  const model = await loadSilero({
    model: 'v6',
    modelUrl: new URL('/silero_vad_v6.onnx', location.href).href,
    ortWasmUrl: new URL('/ort-wasm-simd-threaded.wasm', location.href).href,
  });
  silero = {
    name: model.name,
    windowFrames: model.windowFrames,
    probability: counted((window) => model.probability(window)),
    peek: counted((frames) => model.peek?.(frames) ?? 0),
    reset: () => model.reset(),
    release: () => undefined,
  };
  return silero;
}

/**
 * So that a scene can wait for what is not judged yet.
 *
 * @param {(frames: Float32Array) => number | Promise<number>} judge
 */
function counted(judge) {
  return async (/** @type {Float32Array} */ frames) => {
    open.inferences += 1;
    try {
      return await judge(frames);
    } finally {
      open.inferences -= 1;
    }
  };
}

const { port1, port2 } = new MessageChannel();
port1.start();
const nobody = () => undefined;
/** One turn of the event loop. */
const turn = () =>
  new Promise((resolve) => {
    port1.addEventListener('message', resolve, { once: true });
    port2.postMessage(null);
  });

/** @param {Scene} scene */
export async function play(scene) {
  const model = await loadModel();
  model.reset();
  const { bargeInMode, echoThreshold, levelDb, delayMs = 0, userAtMs = 0, userDb = 0 } = scene;
  const bot = await voice(scene.bot);
  const user = scene.user ? await voice(scene.user) : new Float32Array(0);
  const toFrames = (/** @type {number} */ ms) => Math.round((ms / 1000) * CLOCK_RATE);
  const botAt = toFrames(BOT_AT_MS);
  const userAt = botAt + toFrames(userAtMs);
  const length = Math.max(botAt + bot.length, scene.user ? userAt + user.length : 0) + CLOCK_RATE;
  const blocks = Math.ceil(length / BLOCK_FRAMES);
  const frames = blocks * BLOCK_FRAMES;
  const noise = roomNoise(frames, NOISE_DBFS);
  const room =
    levelDb === undefined
      ? undefined
      : new EchoRoom({ clockRate: CLOCK_RATE, levelDb, delayMs, frames, ...(scene.room && { room: scene.room }) });
  const queue = new PlaybackQueue({
    quantumFrames: QUANTUM_FRAMES,
    fadeFrames: Math.floor((DECLICK_MS / 1000) * CLOCK_RATE),
  });

  /** @type {import('../../src/core/messages/page-engine.ts').EngineFact[]} */
  const facts = [];
  /** @type {number[]} */
  const cuts = [];
  const db = await openTurntapeDatabase(`scene-${crypto.randomUUID()}`);
  const encoder = { format: 'wav', sampleRate: CLOCK_RATE, bitrate: 32_000 };
  const pipeline = new Pipeline({
    db,
    settings: {
      sessionId: crypto.randomUUID(),
      metadata: {},
      consent: null,
      record: { user: false, bot: false },
      encoder: { user: encoder, bot: encoder },
      vad: {
        model: 'v6',
        positiveSpeechThreshold: 0.3,
        negativeSpeechThreshold: 0.25,
        minSpeechMs: 250,
        endSilenceMs: 800,
        phases: 4,
        echoThreshold,
      },
      bargeIn: { mode: bargeInMode, duckGain: 0.25, minBotMs: 0, cooldownMs: 0 },
      turns: { mode: 'speech', preRollMs: 500, postRollMs: 200, botHangoverMs: 300, maxSegmentMs: 300_000 },
      redactLookbackMs: 0,
    },
    capture: { clockId: 1, clockRate: CLOCK_RATE, settings: {}, inputLatencyMs: 0, outputLatencyMs: 0 },
    model,
    report: (fact) => facts.push(fact),
  });
  await pipeline.open();

  let at = 0;
  const microphone = port((/** @type {{ type: string }} */ command, say) => {
    if (command.type === 'stop') say({ type: 'stopped', endFrame: at });
  });
  const player = port((/** @type {any} */ command, say) => {
    if (command.type === 'begin') queue.begin(command.utteranceId);
    if (command.type === 'pcm') queue.pcm(command.utteranceId, command.samples);
    if (command.type === 'end') queue.end(command.utteranceId);
    if (command.type === 'gain') queue.gain(command.gain, toFrames(command.rampMs));
    if (command.type === 'stop') say({ type: 'stopped', endFrame: at });
    if (command.type === 'end') open.utterances -= 1;
    if (command.type === 'cut') {
      queue.cut(command.cutId);
      if (at < frames) cuts.push(at);
      else renderBlock();
    }
  });
  const wallMs = () => 1_700_000_000_000 + (at / CLOCK_RATE) * 1000;
  /** What the player puts out now, told to the engine. */
  function renderBlock() {
    /** @type {import('../../src/core/messages/player-engine.ts').PlayerEvent[]} */
    const events = [];
    const samples = new Float32Array(BLOCK_FRAMES);
    for (let quantum = 0; quantum < BLOCK_FRAMES; quantum += QUANTUM_FRAMES)
      queue.render(samples.subarray(quantum, quantum + QUANTUM_FRAMES), at + quantum, events);
    player.send({ type: 'block', startFrame: at, wallMs: wallMs(), frames: BLOCK_FRAMES, samples, events });
    return samples;
  }
  const where = { clockId: 1, clockRate: CLOCK_RATE };
  pipeline.connectTap({ ...where, speaker: 'user', boundaries: 'none', plays: false, port: microphone.engine });
  pipeline.connectPlayer({ ...where, port: player.engine });

  const began = performance.now();
  for (; at < frames; at += BLOCK_FRAMES) {
    if (at <= botAt && botAt < at + BLOCK_FRAMES) {
      open.utterances += 1;
      pipeline.say({ type: 'begin', utteranceId: 'u', turnId: crypto.randomUUID() });
      pipeline.say({ type: 'pcm', utteranceId: 'u', samples: bot, sampleRate: CLOCK_RATE });
      pipeline.say({ type: 'end', utteranceId: 'u' });
      while (open.utterances > 0) await turn();
    }
    const played = renderBlock();
    room?.play(at, played);
    const heard = noise.slice(at, at + BLOCK_FRAMES);
    room?.addTo(at, heard);
    for (let n = 0; n < BLOCK_FRAMES; n += 1) heard[n] += 10 ** (userDb / 20) * (user[at + n - userAt] ?? 0);
    microphone.send({ type: 'block', startFrame: at, wallMs: wallMs(), samples: heard });
    do await turn();
    while (open.inferences > 0);
  }
  await pipeline.stop('session_stop');
  const ms = performance.now() - began;
  db.close();
  const starts = facts.flatMap((fact) => (fact.type === 'client_vad_start' ? [fact.event] : []));
  const toMs = (/** @type {number} */ frame) => ((frame - userAt) / CLOCK_RATE) * 1000;
  return {
    /** From the user's onset; of the scene without a user, from where one would have begun. */
    cutsMs: cuts.map(toMs),
    starts: starts.map(({ decisionFrame, echoLikelihood, doubtful }) => ({
      atMs: toMs(decisionFrame),
      echoLikelihood,
      doubtful,
    })),
    turns: facts.filter((fact) => fact.type === 'turn-start' && fact.event.turn.speaker === 'user').length,
    errors: facts.flatMap((fact) => (fact.type === 'error' ? [fact.error.message] : [])),
    audioMs: (frames / CLOCK_RATE) * 1000,
    ms,
  };
}

/**
 * Both ends of a port without the wire: what is sent arrives before `send` returns.
 *
 * @param {(command: any, say: (message: unknown) => void) => void} obey
 */
function port(obey) {
  /** @type {(message: unknown) => void} */
  let engineHears = nobody;
  return {
    engine: {
      send: (/** @type {unknown} */ command) => obey(command, (message) => engineHears(message)),
      receive: (/** @type {(message: unknown) => void} */ receiver) => (engineHears = receiver),
      close: () => undefined,
    },
    send: (/** @type {unknown} */ message) => engineHears(message),
  };
}
