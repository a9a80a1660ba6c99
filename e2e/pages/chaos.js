const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/**
 * Calls everything that a recorder and a session offer, in an order that a seed decides: during a start, after the end,
 * after disposal, with signals that are aborted, microphones that are taken away and a target that hangs.
 */
window.chaos = async ({ seed, steps, forMs = Infinity }) => {
  const { createRecorder } = window.turntape;
  const SETTLES_WITHIN_MS = 5000;
  const TICK_MS = 100;
  // The page's own time: while a machine stands still nobody can settle anything.
  const fiveSeconds = async () => {
    for (let ms = 0; ms < SETTLES_WITHIN_MS; ms += TICK_MS) await wait(TICK_MS);
  };
  const [stuck, unhandled, untyped, engineFailures] = [[], [], [], []];
  /** @type {Promise<void>[]} */
  const waiting = [];
  let done = 0;
  let slowest = { name: '', ms: 0 };
  addEventListener('unhandledrejection', (event) => unhandled.push(String(event.reason?.stack ?? event.reason)));

  // mulberry32
  let state = seed;
  const random = () => {
    state = (state + 0x6d2b79f5) | 0;
    let hash = Math.imul(state ^ (state >>> 15), 1 | state);
    hash = (hash + Math.imul(hash ^ (hash >>> 7), 61 | hash)) ^ hash;
    return ((hash ^ (hash >>> 14)) >>> 0) / 2 ** 32;
  };
  const pick = (list) => list[Math.floor(random() * list.length)];
  const signal = () => pick([undefined, AbortSignal.abort(), AbortSignal.timeout(5), AbortSignal.timeout(200)]);

  const streams = [];
  const open = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
  navigator.mediaDevices.getUserMedia = async (constraints) => {
    if (random() < 0.1) throw new DOMException('no', pick(['NotAllowedError', 'NotReadableError']));
    const stream = await open(constraints);
    streams.push(stream);
    return stream;
  };

  const target = {
    send: () => (random() < 0.4 ? new Promise(() => undefined) : Promise.reject(new TypeError('Failed to fetch'))),
    sendSession: async () => undefined,
  };

  let inFlight = 0;
  const call = (name, work) => {
    inFlight += 1;
    const settled = (async () => work())().then(
      (value) => {
        done += 1;
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

  let recorder = await createRecorder({ consent: 'granted', vad: { model: 'energy' }, target });
  const listen = (to) =>
    to.on('error', ({ error }) => {
      if (error.code === 'worker_failed') engineFailures.push(`${error.message} ${error.cause?.message ?? ''}`);
    });
  listen(recorder);
  const left = new WeakSet();
  const sessions = [];
  const utterances = [];
  const session = () => sessions.at(-1 - Math.floor(random() * 2)) ?? sessions.at(-1);
  const pcm = new Float32Array(4800).fill(0.25);

  const ofRecorder = {
    start: async () => {
      const started = await recorder.startSession({ signal: pick([undefined, undefined, undefined, signal()]) });
      listen(started);
      sessions.push(started);
    },
    sessions: () => recorder.sessions(),
    readAudio: () => recorder.readAudio(crypto.randomUUID()),
    erase: () => recorder.erase({ sessionId: session()?.sessionId ?? crypto.randomUUID() }),
    grant: () => recorder.grantConsent({ subject: 's', textVersion: '1' }),
    revoke: () => (random() < 0.3 ? recorder.revokeConsent({ erase: random() < 0.5 }) : undefined),
    items: () => recorder.outbox.items(),
    pending: () => recorder.outbox.pending(),
    pause: () => recorder.outbox.pause(),
    resume: () => recorder.outbox.resume(),
    retry: () => recorder.outbox.retry(),
    devices: () => recorder.devices.list(),
    setMicrophone: () => recorder.devices.setMicrophone({ noiseSuppression: random() < 0.5 }),
    dispose: async () => {
      if (random() < 0.7) return;
      const before = recorder;
      // Disposed of twice, it is replaced once: a recorder that nobody holds would live on, and its session with it.
      const isFirst = !left.has(before);
      left.add(before);
      const disposed = before.dispose();
      void call('start after dispose', () => before.startSession());
      void call('sessions after dispose', () => before.sessions());
      await disposed;
      if (!isFirst) return;
      recorder = await createRecorder({ consent: 'granted', vad: false, target });
      listen(recorder);
    },
  };
  const ofSession = {
    stop: (it) => (random() < 0.4 ? it.stop({ signal: signal() }) : undefined),
    mute: (it) => it.mute(),
    unmute: (it) => it.unmute(),
    redact: (it) => it.redact({ fromMs: 0, toMs: pick([0, 100, 5000]) }),
    microphone: (it) => it.setMicrophone(pick([{}, { deviceId: 'none' }, new MediaStream()])),
    output: (it) => it.setOutput({ deviceId: pick(['', 'none']) }),
    resumeContext: (it) => it.resume(),
    stats: (it) => it.stats(),
    interrupt: (it) => it.bot.interrupt({ cause: pick(['manual', 'server']) }),
    begin: (it) => utterances.push(it.bot.begin()),
    write: (it) => it.bot.write(pcm, { sampleRate: 24_000 }),
    end: (it) => it.bot.end(),
    say: () => utterances.at(-1)?.write(pcm, { sampleRate: 24_000 }),
    complete: () => utterances.at(-1)?.end(),
    attach: async (it) => {
      const attachment = await it.bot.attach(new OscillatorNode(it.audioContext), { play: random() < 0.5 });
      await wait(20);
      await attachment.detach();
    },
    port: (it) => it.bot.port.postMessage({ type: 'pcm', samples: pcm.slice(), sampleRate: 24_000 }),
    startTurn: (it) => it.user.startTurn(),
    endTurn: (it) => it.user.endTurn(),
    serverVad: (it) => it.user.serverVad(random() < 0.5),
    transcript: (it) => it.transcripts.attach({ turnId: crypto.randomUUID(), role: 'user', text: 'x' }),
    delivered: (it) => it.whenDelivered({ signal: AbortSignal.timeout(300) }),
    suspend: (it) => it.audioContext.suspend().catch(() => undefined),
    unplug: () => pick(streams)?.getTracks()[0]?.stop(),
    deviceChange: () => navigator.mediaDevices.dispatchEvent(new Event('devicechange')),
  };

  const until = performance.now() + forMs;
  const isCrowded = () => forMs < Infinity && inFlight > 8 && performance.now() < until;
  for (let step = 0; step < steps && performance.now() < until; step += 1) {
    const it = session();
    const [name, work] = pick(Object.entries(it && random() < 0.75 ? ofSession : ofRecorder));
    const settled = call(name, () => work(it));
    // A task later: a row of refusals would keep the page from everything that is on its way.
    if (random() < 0.5) await Promise.race([settled.then(() => wait(0)), wait(random() * 100)]);
    // For minutes on end nobody calls faster than calls come back.
    while (isCrowded()) await wait(5);
    // There is something to be called most of the time.
    if (!recorder.session && random() < 0.3) await call('start', ofRecorder.start);
  }
  await call('last dispose', () => recorder.dispose());
  for (const utterance of utterances) void call('done', () => utterance.done);
  await Promise.all(waiting);
  return { stuck, unhandled, untyped, engineFailures, done, slowest: `${slowest.name}, ${slowest.ms} ms` };
};
