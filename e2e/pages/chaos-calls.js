import { readTee } from './sdk/tee.js';

/**
 * What an app can call, by its name in the declarations: `support/public-calls.ts` reads them, and a public method without a row
 * here fails the test. Each calls with what is right, wrong, late, or was never there, as a seeded `random` decides.
 */
export function callsOf({ random, pick, signal, call, wait, held }) {
  const { recorder: its, session: newest, segmentId, sessionId } = held;
  const pcm = new Float32Array(4800).fill(0.25);
  /** Never without a signal: an app's own stream or target may stand still for ever. */
  const bounded = () => AbortSignal.timeout(pick([1, 50, 500]));
  const sink = () =>
    new WritableStream(
      pick([{}, { write: () => new Promise(() => undefined) }, { write: () => Promise.reject(new Error('no disk')) }]),
    );
  const fileOptions = () => ({
    format: pick(['wav', 'opus', 'mp3', 'flac']),
    ...pick([{}, { signal: signal() }, { to: sink(), signal: bounded() }]),
  });
  const files = () => pick([() => newest()?.files, () => its().files(sessionId())])() ?? its().files(sessionId());
  const target = () =>
    pick([
      { send: () => new Promise(() => undefined) },
      { send: () => Promise.reject(new TypeError('Failed to fetch')) },
      {
        send: async ({ segment_id, sha256, byte_size }) => ({ segment_id, sha256, byte_size }),
        sendSession: async () => undefined,
        sendTranscript: async () => undefined,
      },
    ]);
  const choice = () => pick([sessionId(), { seq: Math.floor(random() * 20) }, {}]);
  const hold = () => pick(held.holds);
  const utterance = () => pick(held.utterances.slice(-3));
  const attachment = () => held.attachments.at(-1);

  const ofRecorder = {
    'Recorder.startSession': async () => {
      const given = pick([undefined, undefined, undefined, signal()]);
      held.took(await its().startSession({ ...(given && { signal: given }) }));
    },
    'Recorder.on': () => its().on('outbox', () => undefined)(),
    'Recorder.sessions': () => its().sessions(),
    'Recorder.readSession': () => its().readSession(sessionId()),
    'Recorder.readAudio': () => its().readAudio(segmentId()),
    'Recorder.readPeaks': () => its().readPeaks(segmentId(), { signal: signal() }),
    'Recorder.files': () => its().files(sessionId()),
    'Recorder.hold': async () => held.holds.push(await its().hold(sessionId(), { leaseMs: pick([1000, 60_000, 1]) })),
    'Recorder.diagnose': () => its().diagnose({ signal: signal() }),
    'Recorder.erase': () => its().erase({ sessionId: sessionId(), atTarget: random() < 0.3 }),
    'Recorder.grantConsent': () => its().grantConsent({ subject: 's', textVersion: '1' }),
    'Recorder.revokeConsent': async () => {
      const recorder = its();
      await (random() < 0.3 ? recorder.revokeConsent({ erase: random() < 0.5 }) : undefined);
      await recorder.grantConsent({ subject: 's', textVersion: '1' });
    },
    'Recorder.dispose': () => held.replace((before) => before.dispose()),
    'Recorder.[Symbol.asyncDispose]': () => held.replace((before) => before[Symbol.asyncDispose]()),
    'OutboxView.items': () => its().outbox.items(),
    'OutboxView.pending': () => its().outbox.pending(),
    'OutboxView.pause': () => its().outbox.pause(pick([undefined, sessionId()])),
    'OutboxView.resume': () => its().outbox.resume(pick([undefined, sessionId()])),
    'OutboxView.retry': () => its().outbox.retry(choice()),
    'OutboxView.cancel': () => its().outbox.cancel(choice()),
    'OutboxView.export': () => its().outbox.export(target(), { choice: choice(), signal: bounded() }),
    'Devices.list': () => its().devices.list(),
    'Devices.on': () => its().devices.on('change', () => undefined)(),
    'Devices.setMicrophone': () => its().devices.setMicrophone({ noiseSuppression: random() < 0.5 }),
    'Devices.setOutput': () => its().devices.setOutput({ deviceId: pick(['', 'none']) }),
    'SessionFiles.export': () => files().export({ ...fileOptions(), layout: pick(['stereo', 'mono']) }),
    'SessionFiles.audio': () =>
      files().audio({ ...fileOptions(), speaker: pick([undefined, 'user', 'bot']), fromMs: pick([0, 100, 10_000]) }),
    'SessionFiles.bundle': () => files().bundle(pick([{}, { signal: signal() }, { to: sink(), signal: bounded() }])),
    'SessionHold.renew': () => hold()?.renew(pick([{}, { leaseMs: 5000 }])),
    'SessionHold.release': () => hold()?.release(),
    'SessionHold.[Symbol.asyncDispose]': () => hold()?.[Symbol.asyncDispose](),
    // Those of the newest recorder are made when it is: this one is thrown away, or refused at the door.
    createRecorder: async () => {
      const made = await held.create(pick([{ vad: false }, { format: 'none' }]));
      await call('Recorder.dispose', () => made.dispose());
    },
  };

  const ofSession = {
    'Session.on': (it) => it.on('level', () => undefined)(),
    'Session.activeTurn': (it) => it.activeTurn('user'),
    'Session.bindTurn': (it) =>
      it.bindTurn({ turnId: it.activeTurn('user')?.turnId ?? crypto.randomUUID(), externalId: 'x' }),
    'Session.mute': (it) => it.mute(),
    'Session.unmute': (it) => it.unmute(),
    'Session.deafen': (it) => it.deafen(),
    'Session.undeafen': (it) => it.undeafen(),
    'Session.redact': (it) => it.redact({ fromMs: 0, toMs: pick([0, 100, 5000]) }),
    'Session.setMicrophone': (it) => it.setMicrophone(pick([{}, { deviceId: 'none' }, new MediaStream()])),
    'Session.setOutput': (it) => it.setOutput({ deviceId: pick(['', 'none']) }),
    'Session.resume': (it) => it.resume(),
    'Session.stats': (it) => it.stats(),
    'Session.stop': (it) => (random() < 0.4 ? it.stop({ signal: signal() }) : undefined),
    'Session.[Symbol.asyncDispose]': (it) => (random() < 0.3 ? it[Symbol.asyncDispose]() : undefined),
    'Session.whenDelivered': (it) => it.whenDelivered({ signal: AbortSignal.timeout(300) }),
    'Transcripts.attach': (it) => {
      const known = pick([it.activeTurn('bot')?.turnId, it.activeTurn('user')?.turnId]) ?? crypto.randomUUID();
      const words = [{ word: 'x', startMs: 0, endMs: 100 }];
      return it.transcripts.attach(
        pick([
          { turnId: known, role: 'user', text: 'x' },
          { turnId: known, role: 'assistant', text: 'x', words },
          { role: 'nobody' },
        ]),
      );
    },
    'User.write': (it) => it.user.write(pcm, { sampleRate: 48_000 }),
    'User.startTurn': (it) => it.user.startTurn(),
    'User.endTurn': (it) => it.user.endTurn(),
    'User.serverVad': (it) => it.user.serverVad(random() < 0.5),
    'User.tee': async (it) => {
      const { port } = it.user.tee(pick([{}, { format: 'f32', frameMs: 100 }, { frameMs: 1 }]));
      // Some are never read.
      if (random() < 0.3) return;
      const reader = readTee(port).getReader();
      await Promise.race([reader.read(), wait(100)]);
      await reader.cancel();
    },
    'Bot.begin': (it) => held.utterances.push(it.bot.begin()),
    'Bot.write': (it) => it.bot.write(pcm, { sampleRate: 24_000 }),
    'Bot.end': (it) => it.bot.end(),
    'Bot.interrupt': (it) => it.bot.interrupt({ cause: pick(['manual', 'server']) }),
    'Bot.setVolume': (it) => it.bot.setVolume(pick([0, 0.5, 1, 2])),
    'Bot.attach': async (it) => {
      const boundaries = pick(['activity', 'manual']);
      const source = pick([() => new OscillatorNode(it.audioContext), () => new MediaStream()])();
      held.attachments.push(await it.bot.attach(source, { play: random() < 0.5, boundaries }));
    },
    'Utterance.write': () => utterance()?.write(pcm, { sampleRate: 24_000 }),
    'Utterance.end': () => utterance()?.end(),
    // It settles with what is said, or with the session: all are awaited at the end.
    'Utterance.done': () => void utterance()?.done,
    'Attachment.startTurn': () => attachment()?.startTurn(),
    'Attachment.endTurn': () => attachment()?.endTurn(),
    'Attachment.detach': () => attachment()?.detach(),
  };
  return { ofRecorder, ofSession };
}

/** What happens to an app without its doing. */
export function mishapsOf({ pick, streams, engine }) {
  return {
    'a worker that speaks': (it) =>
      it.bot.port.postMessage({ type: 'pcm', samples: new Float32Array(4800), sampleRate: 24_000 }),
    'a context that is suspended': (it) => it.audioContext.suspend().catch(() => undefined),
    'a microphone that goes away': () => pick(streams)?.getTracks()[0]?.stop(),
    'a device that comes or goes': () => navigator.mediaDevices.dispatchEvent(new Event('devicechange')),
    'an engine that stands still': () => engine.postMessage({ stallMs: pick([100, 400, 800]) }),
  };
}
