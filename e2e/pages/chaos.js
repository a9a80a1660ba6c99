import { callsOf, mishapsOf } from './chaos-calls.js';

const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

const SETTLES_WITHIN_MS = 5000;
const TICK_MS = 100;

/** An engine may die three times within a minute: see `page/engine-life.ts`. In milliseconds. */
const KILL_EVERY_MS = 25_000;
/** At first, so that a short run has one. In steps. */
const FIRST_KILL = 40;

/** So long an engine may be away at most, in milliseconds: the worklets hold ten seconds. */
const AWAY_AT_MOST_MS = 15_000;

/** Until when an engine that died is being replaced: on a busy machine its detector alone takes four seconds to compile. */
let awayUntil = 0;

/**
 * The page's own time: while a machine stands still nobody can settle anything. What is asked while an engine is being replaced waits for
 * the next one first.
 */
const fiveSeconds = async () => {
  for (let ms = 0; ms < SETTLES_WITHIN_MS;) {
    await wait(TICK_MS);
    if (performance.now() > awayUntil) ms += TICK_MS;
  }
};

/** mulberry32 */
function seeded(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let hash = Math.imul(state ^ (state >>> 15), 1 | state);
    hash = (hash + Math.imul(hash ^ (hash >>> 7), 61 | hash)) ^ hash;
    return ((hash ^ (hash >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Deals every entry once in an order of chance, then again in another: none is left out by chance. */
function deck(entries, random) {
  let left = [];
  return () => {
    if (left.length === 0)
      left = entries.map((entry) => ({ entry, at: random() })).toSorted((one, other) => one.at - other.at);
    return left.pop().entry;
  };
}

/** Microphones that are refused now and then, and those that were given. */
function watchMicrophones(random, pick) {
  const streams = [];
  const open = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
  navigator.mediaDevices.getUserMedia = async (constraints) => {
    if (random() < 0.1) throw new DOMException('no', pick(['NotAllowedError', 'NotReadableError']));
    const stream = await open(constraints);
    streams.push(stream);
    return stream;
  };
  return streams;
}

/** We killed it. */
const isOurs = ({ message, cause }) => [message, cause?.message].includes('the engine died');

/** What recorders may be made of; the default is among them, with its detector. */
const RECORDERS = [
  { record: { session: 'stereo', unheardTail: true } },
  { vad: false, format: 'wav' },
  { microphone: false },
  { vad: { model: 'energy' }, encryption: 'device' },
];

/**
 * Calls everything that a recorder and a session offer, in an order that a seed decides: during a start, after the end, after
 * disposal, with signals that are aborted, microphones that are taken away, a target that hangs, and an engine that stands still and
 * dies: it listens to the channel `chaos`.
 */
export async function chaos({ seed, steps, forMs = Infinity }) {
  const { createRecorder } = window.turntape;
  const [stuck, unhandled, untyped, engineFailures] = [[], [], [], []];
  /** @type {Promise<void>[]} */
  const waiting = [];
  const fulfilled = new Set();
  let done = 0;
  let slowest = { name: '', ms: 0 };
  addEventListener('unhandledrejection', (event) => unhandled.push(String(event.reason?.stack ?? event.reason)));
  const random = seeded(seed);
  const pick = (list) => list[Math.floor(random() * list.length)];
  const signal = () => pick([undefined, AbortSignal.abort(), AbortSignal.timeout(5), AbortSignal.timeout(200)]);
  const streams = watchMicrophones(random, pick);
  const engine = new BroadcastChannel('chaos');
  const target = {
    send: () => (random() < 0.4 ? new Promise(() => undefined) : Promise.reject(new TypeError('Failed to fetch'))),
    sendSession: async () => undefined,
    check: () => pick([new Promise(() => undefined), Promise.resolve()]),
  };

  const called = new Set();
  let inFlight = 0;
  const call = (name, work) => {
    called.add(name);
    inFlight += 1;
    const settled = (async () => work())().then(
      (value) => {
        done += 1;
        fulfilled.add(name);
        return value;
      },
      (thrown) => {
        if (thrown?.name !== 'TurntapeError') untyped.push(`${name}: ${thrown?.stack ?? thrown}`);
      },
    );
    const begun = performance.now();
    const count = async () => {
      await settled;
      inFlight -= 1;
      const ms = Math.round(performance.now() - begun);
      if (ms > slowest.ms) slowest = { name, ms };
    };
    const watch = async () => {
      void count();
      if ((await Promise.race([settled, fiveSeconds().then(() => 'late')])) !== 'late') return;
      const never = wait(60_000).then(() => 'never');
      const end = await Promise.race([settled.then(() => 'late'), never]);
      const seconds = Math.round((performance.now() - begun) / 1000);
      stuck.push(end === 'never' ? `${name}: never` : `${name}: after ${seconds} s`);
    };
    waiting.push(watch());
    return settled;
  };

  const listen = (to) =>
    to.on('error', ({ error }) => {
      if (error.code === 'engine_restarted') awayUntil = 0;
      if (error.code !== 'worker_failed' || isOurs(error)) return;
      engineFailures.push(`${error.message} ${error.cause?.message ?? ''}`);
    });
  let recorder;
  const create = async (options) => {
    const made = await createRecorder({ consent: 'granted', target, ...options });
    listen(made);
    return made;
  };
  /** An engine that dies while it is being started is nobody's but the caller's, who tries again. */
  const createNext = async () => {
    recorder = undefined;
    while (!recorder) recorder = await call('createRecorder', () => create(pick(RECORDERS)));
    awayUntil = 0;
  };
  const [sessions, segmentIds, left] = [[], [], new WeakSet()];
  const session = () => sessions.at(-1 - Math.floor(random() * 2)) ?? sessions.at(-1);
  const held = {
    holds: [],
    utterances: [],
    attachments: [],
    recorder: () => recorder,
    session,
    sessionId: () => pick([session()?.sessionId, session()?.sessionId]) ?? crypto.randomUUID(),
    segmentId: () => segmentIds.at(-1 - Math.floor(random() * 5)) ?? crypto.randomUUID(),
    create,
    took: (started) => {
      listen(started);
      started.on('segment-kept', ({ segment }) => segmentIds.push(segment.segmentId));
      sessions.push(started);
    },
    /** Disposed of twice, it is replaced once: a recorder that nobody holds would live on, and its session with it. */
    replace: async (dispose) => {
      if (random() < 0.6) return;
      const before = recorder;
      const isFirst = !left.has(before);
      left.add(before);
      const disposed = dispose(before);
      void call('Recorder.startSession', () => before.startSession());
      void call('Recorder.sessions', () => before.sessions());
      await disposed;
      if (isFirst) replacing = createNext();
    },
  };
  /** The next recorder, when there is none. */
  let replacing = createNext();
  await replacing;
  const { ofRecorder, ofSession } = callsOf({ random, pick, signal, call, wait, held });
  const dealt = {
    recorder: deck(Object.entries(ofRecorder), random),
    session: deck([...Object.entries(ofSession), ...Object.entries(mishapsOf({ pick, streams, engine }))], random),
  };

  const until = performance.now() + forMs;
  let kills = 0;
  let killedAt = -Infinity;
  const isCrowded = () => forMs < Infinity && inFlight > 8 && performance.now() < until;
  for (let step = 0; step < steps && performance.now() < until; step += 1) {
    await replacing;
    if (step >= FIRST_KILL && recorder.session && performance.now() > killedAt + KILL_EVERY_MS) {
      killedAt = performance.now();
      awayUntil = killedAt + AWAY_AT_MOST_MS;
      kills += 1;
      engine.postMessage({ die: true });
    }
    const it = session();
    const [name, work] = it && random() < 0.75 ? dealt.session() : dealt.recorder();
    const settled = call(name, () => work(it));
    // A task later: a row of refusals would keep the page from everything that is on its way.
    if (random() < 0.5) await Promise.race([settled.then(() => wait(0)), wait(random() * 100)]);
    // For minutes on end nobody calls faster than calls come back.
    while (isCrowded()) await wait(5);
    // There is something to be called most of the time.
    await replacing;
    if (!recorder.session && random() < 0.3) await call('Recorder.startSession', ofRecorder['Recorder.startSession']);
  }
  await replacing;
  await call('Recorder.dispose', () => recorder.dispose());
  for (const utterance of held.utterances) void call('Utterance.done', () => utterance.done);
  await Promise.all(waiting);
  const rows = [...Object.keys(ofRecorder), ...Object.keys(ofSession)];
  return {
    stuck,
    unhandled,
    untyped,
    engineFailures,
    rows,
    never: rows.filter((row) => !called.has(row)),
    refused: rows.filter((row) => !fulfilled.has(row)),
    kills,
    done,
    slowest: `${slowest.name}, ${slowest.ms} ms`,
  };
}
