import { expose } from 'comlink';
import { checkEncoder } from '../codecs/segment-encoder.ts';
import { wasmCodecs } from '../codecs/wasm/wasm-codecs.ts';
import { type ErrorFacts, TurntapeError, toErrorFacts } from '../core/errors.ts';
import { answering } from './answering.ts';
import {
  type BotMessage,
  type CaptureSetup,
  type EngineCalls,
  type EngineFact,
  type EngineMessage,
  engineFactTransferables,
} from '../core/messages/page-engine.ts';
import { type PlayerCommand, type PlayerMessage, playerCommandTransferables } from '../core/messages/player-engine.ts';
import { type TypedPort, typedPort } from '../core/messages/ports.ts';
import { type TapCommand, type TapMessage, tapCommandTransferables } from '../core/messages/tap-engine.ts';
import { type TeeMessage, type TeeReply, teeTransferables } from '../core/messages/tee.ts';
import type { SessionSettings } from '../core/settings.ts';
import type { SegmentWire } from '../core/wire.ts';
import type { TurntapeDatabase } from '../storage/database.ts';
import { hideOlderWords } from '../storage/older-words.ts';
import { readSessionRow } from '../storage/sessions.ts';
import { readBundle } from './files/bundle.ts';
import { OpenFiles } from './files/open-files.ts';
import { makePeaks } from './files/make-peaks.ts';
import { readSessionFileAs } from './files/session-files.ts';
import { DetectorModels } from './vad/detector-models.ts';
import { type EngineStorage, openEngineStorage } from './engine-storage.ts';
import { Pipeline } from './pipeline.ts';
import { redactKept } from './redaction/redaction.ts';
import { recoverSessions } from './keeping/recovery.ts';
import { fileRate } from './keeping/segment-facts.ts';
import { loadSeals } from './keeping/segment-seal.ts';
import { NO_PAST, recoverPast } from './keeping/session-past.ts';
import { holdForLife, holdSessionLock, takeOverSessionLock } from './keeping/session-lock.ts';
import { VadChannel } from './user/vad-channel.ts';
import { workletLink } from './capture/worklet-link.ts';

/** The engine: a worker of its own, so that a busy page holds up nothing. This file only sorts what arrives. */

interface LiveSession {
  pipeline: Pipeline;
  release(): void;
}

const sessions = new Map<string, LiveSession>();
/** Those that are writing their last files: what is redacted now must wait for these. */
const ending = new Map<string, Promise<void>>();
const models = new DetectorModels((fact) => report(fact));
const files = new OpenFiles();
let facts: TypedPort<EngineFact, never> | undefined;
let vadChannel: VadChannel | undefined;
let storage: EngineStorage | undefined;
let sealerUrl: string | undefined;

function report(fact: EngineFact): void {
  // First: whoever waits at its other end must not wait for us.
  const isVad = fact.type === 'client_vad_start' || fact.type === 'client_vad_stop';
  // The bot's own echo is nobody's speech: the voice backend is not told of it.
  if (isVad && !fact.event.doubtful) vadChannel?.send(fact.event.message);
  facts?.send(fact);
}

function session(sessionId: string): LiveSession {
  const found = sessions.get(sessionId);
  if (!found) throw new TurntapeError('session_ended', `session ${sessionId} is not running`);
  return found;
}

/** Before anything is captured: the encoder is loaded here, or there is none and this says so; and what seals its files. */
async function loadCodecs(
  { encoder, encryption }: SessionSettings,
  { clockRate }: CaptureSetup,
): ReturnType<typeof loadSeals> {
  for (const each of Object.values(encoder)) await checkEncoder({ ...each, sampleRate: fileRate(each, clockRate) });
  return loadSeals(encryption, sealerUrl);
}

function startedStorage(): EngineStorage {
  if (!storage) throw new TurntapeError('storage_unavailable', 'the engine was not started');
  return storage;
}

const started = (): TurntapeDatabase => startedStorage().db;

const calls: EngineCalls = {
  async start(assets, model, lifeLock) {
    if (lifeLock) await holdForLife(lifeLock);
    wasmCodecs.locate(assets.codecs);
    sealerUrl = assets.sealer;
    if (model) models.load(assets, model);
    storage = await openEngineStorage({ sessions, report });
    const { db } = storage;
    const onError = (error: ErrorFacts): void => report({ type: 'error', sessionId: undefined, error });
    await hideOlderWords(db).catch((thrown: unknown) => onError(toErrorFacts(thrown, 'storage_failed')));
    return { recovered: await recoverSessions(db, onError) };
  },

  async vadReady() {
    return (await models.ready)?.name ?? null;
  },

  async openSession(settings, capture) {
    const { sessionId } = settings;
    const db = started();
    const seals = await loadCodecs(settings, capture);
    const release = await holdSessionLock(sessionId);
    if (!release)
      throw new TurntapeError('session_active', `session ${sessionId} runs in another tab`, { field: 'sessionId' });
    const model = models.current((better) => sessions.get(sessionId)?.pipeline.useModel(better));
    const pipeline = new Pipeline({ db, settings, capture, model, seals, report });
    sessions.set(sessionId, { pipeline, release });
    try {
      await pipeline.open();
    } catch (thrown) {
      // A disk that is full, say: it never began, and may be tried again.
      sessions.delete(sessionId);
      release();
      throw thrown;
    }
    if (settings.sampled !== false) void startedStorage().space.begin(settings.storage);
  },

  async resumeSession(settings, capture, memory) {
    const { sessionId } = settings;
    const db = started();
    const seals = await loadCodecs(settings, capture);
    const release = await takeOverSessionLock(sessionId);
    const onKept = (segment: SegmentWire): void => report({ type: 'segment-kept', sessionId, segment });
    const past = settings.sampled === false ? NO_PAST : await recoverPast({ db, sessionId, memory, onKept });
    if (!past) {
      release();
      return;
    }
    const model = models.current((better) => sessions.get(sessionId)?.pipeline.useModel(better));
    const pipeline = new Pipeline({ db, settings, capture, model, seals, report, past: { past, memory } });
    sessions.set(sessionId, { pipeline, release });
    await pipeline.goOn();
    if (settings.sampled !== false) void startedStorage().space.begin(settings.storage);
  },

  updateCapture: async (sessionId, capture) => session(sessionId).pipeline.updateCapture(capture),
  note: async (sessionId, note) => sessions.get(sessionId)?.pipeline.note(note),
  stats: async (sessionId) => ({
    ...session(sessionId).pipeline.stats(),
    storage: startedStorage().stats(sessionId),
  }),
  room: async (answer) => storage?.room(answer),
  keepNow: async (sessionId) => sessions.get(sessionId)?.pipeline.keepNow(),

  async goesOn(sessionId) {
    const live = sessions.get(sessionId);
    if (!live || (await readSessionRow(started(), sessionId))?.state === 'active') return live !== undefined;
    sessions.delete(sessionId);
    live.pipeline.giveUp();
    live.release();
    return false;
  },

  detachBot: (sessionId) => session(sessionId).pipeline.detachBot(),
  interrupt: (sessionId, cause, askedMs) => session(sessionId).pipeline.interrupt(cause, askedMs),

  mute: async (sessionId, muted) => session(sessionId).pipeline.mute(muted),
  deafen: async (sessionId, deafened) => session(sessionId).pipeline.deafen(deafened),

  async redact(sessionId, range) {
    const db = started();
    await sessions.get(sessionId)?.pipeline.redact(range);
    await ending.get(sessionId)?.catch(() => undefined);
    const result = await redactKept(db, sessionId, range, (segment) =>
      report({ type: 'segment-kept', sessionId, segment }),
    );
    report({ type: 'redaction', sessionId, event: result });
    return result;
  },

  async openFile(request) {
    const { facts: fileFacts, bytes } = await readSessionFileAs(started(), request);
    return { fileId: files.open(bytes), facts: fileFacts };
  },
  async openBundle(request) {
    const { facts: fileFacts, bytes } = await readBundle(started(), request);
    return { fileId: files.open(bytes), facts: fileFacts };
  },
  readFile: (fileId) => files.read(fileId),
  closeFile: (fileId) => files.close(fileId),
  makePeaks: (segmentId) => makePeaks(started(), segmentId),

  async stopSession(sessionId, reason) {
    const live = sessions.get(sessionId);
    // It may have ended under an engine that died before it could say so.
    if (!live) {
      report({ type: 'session-closed', sessionId });
      return;
    }
    sessions.delete(sessionId);
    try {
      const stopped = live.pipeline.stop(reason);
      ending.set(sessionId, stopped);
      await stopped;
    } finally {
      ending.delete(sessionId);
      live.release();
      report({ type: 'session-closed', sessionId });
    }
  },
};

/** Ports that arrive, and what is plugged into them. */
function connect(message: EngineMessage): void {
  const endpoint = message.port as MessagePort;
  switch (message.type) {
    case 'calls':
      expose(answering(calls), endpoint);
      return;
    case 'facts':
      facts = typedPort<EngineFact, never>(endpoint, engineFactTransferables);
      return;
    case 'vad-channel':
      vadChannel = new VadChannel(message.port, (error) =>
        report({ type: 'error', sessionId: undefined, error: toErrorFacts(error, 'network') }),
      );
      return;
    case 'tap': {
      const port = workletLink<TapCommand, TapMessage>({ ...message, port: endpoint }, tapCommandTransferables);
      session(message.sessionId).pipeline.connectTap({ ...message, port });
      return;
    }
    case 'player': {
      const port = workletLink<PlayerCommand, PlayerMessage>(
        { ...message, port: endpoint },
        playerCommandTransferables,
      );
      session(message.sessionId).pipeline.connectPlayer({ ...message, port });
      return;
    }
    case 'user-tee': {
      const port = typedPort<TeeMessage, TeeReply>(endpoint, teeTransferables);
      const live = sessions.get(message.sessionId);
      // It ended while this was on its way: whoever reads must not wait for ever.
      if (live) live.pipeline.openTee(message.settings, port);
      else port.send({ type: 'end', sentMs: 0, lostMs: 0 });
      return;
    }
    case 'bot': {
      const { sessionId } = message;
      typedPort<never, BotMessage>(endpoint, () => []).receive((said) =>
        guarded(sessionId, () => sessions.get(sessionId)?.pipeline.say(said)),
      );
      return;
    }
  }
}

/** What goes wrong in a message that nobody awaits becomes an error fact. */
function guarded(sessionId: string | undefined, work: () => void): void {
  try {
    work();
  } catch (thrown) {
    report({ type: 'error', sessionId, error: toErrorFacts(thrown, 'worker_failed') });
  }
}

self.addEventListener('message', (event: MessageEvent<EngineMessage>) => {
  const { data } = event;
  guarded('sessionId' in data ? data.sessionId : undefined, () => connect(data));
});

// What nobody caught is said, not swallowed. The worker goes on.
self.addEventListener('error', (event) => {
  event.preventDefault();
  report({ type: 'error', sessionId: undefined, error: toErrorFacts(event.error ?? event.message, 'worker_failed') });
});
self.addEventListener('unhandledrejection', (event) => {
  event.preventDefault();
  report({ type: 'error', sessionId: undefined, error: toErrorFacts(event.reason, 'worker_failed') });
});
