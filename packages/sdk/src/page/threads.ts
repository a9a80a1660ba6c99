import { TurntapeError } from '../core/errors.ts';
import { type EngineFact, type EngineMessage, engineMessageTransferables } from '../core/messages/page-engine.ts';
import { type AudioSetup, audioSetupTransferables } from '../core/messages/audio-setup.ts';
import { type TypedPort, typedPort } from '../core/messages/ports.ts';
import type { SharedLink } from '../core/messages/shared-port.ts';
import type { AssetUrls } from './assets.ts';
import { type AudioLink, sharedLink } from './audio/audio-link.ts';
import { type Engine, createEngine } from './engine-call.ts';

/** One worker of the engine. */
export interface EngineWorker {
  engine: Engine;
  facts: TypedPort<never, EngineFact>;
  /** Hands a port to the engine. */
  connect(message: EngineMessage): void;
  /** Rejects with `worker_failed` when the worker dies, with `disposed` when it is terminated. */
  died: Promise<never>;
  readonly isDead: boolean;
  /** A Web Lock that the worker holds as long as it lives: given to its `start`. None on a page that is not secure. */
  lifeLock: string | undefined;
  /** Once it holds that: its death is noticed. */
  watchDeath(): void;
  /** Ends the worker; what it said before still arrives. */
  stop(): void;
  /** The same, and nothing arrives any more. */
  terminate(): void;
}

/** Starts the engine. A worker that does not load rejects every call, with the fix in the error. */
export function startEngineWorker(assets: AssetUrls): EngineWorker {
  const worker = createWorker(assets.engine);
  // Absent on a page that is not a secure context, where no session can begin either.
  const locks = navigator.locks as LockManager | undefined;
  const lifeLock = locks && `turntape:engine:${crypto.randomUUID()}`;
  const end = new AbortController();
  const { promise: died, reject } = Promise.withResolvers<never>();
  let isDead = false;
  const die = (error: TurntapeError): void => {
    isDead = true;
    reject(error);
  };
  const stop = (): void => {
    end.abort();
    worker.terminate();
  };
  worker.addEventListener('error', (event) => die(workerError(assets.engine, event)));
  // Nobody may be waiting at that moment; whoever calls later hears of it.
  died.catch(() => undefined);
  const control = typedPort<EngineMessage, never>(worker, engineMessageTransferables);
  const calls = new MessageChannel();
  const facts = new MessageChannel();
  control.send({ type: 'calls', port: calls.port2 });
  control.send({ type: 'facts', port: facts.port2 });
  return {
    engine: createEngine(calls.port1, died),
    facts: typedPort<never, EngineFact>(facts.port1, () => []),
    connect: (message) => control.send(message),
    died,
    get isDead() {
      return isDead;
    },
    lifeLock,
    watchDeath() {
      // No event tells of a worker that ran out of memory or was closed: what it held is free then.
      if (!locks || !lifeLock) return;
      locks
        .request(lifeLock, { signal: end.signal }, () =>
          die(new TurntapeError('worker_failed', 'the engine died', { retryable: true })),
        )
        .catch((thrown: unknown) => !end.signal.aborted && die(lockError(thrown)));
    },
    stop,
    terminate() {
      stop();
      // Comlink would wait for an answer for ever.
      reject(new TurntapeError('disposed', 'the recorder was disposed'));
      calls.port1.close();
      facts.port1.close();
    },
  };
}

/** Gives a worklet its end of a new link and returns the other, for the engine. */
export function connectWorklet(
  node: AudioWorkletNode,
  link: AudioLink,
): { port: MessagePort; shared: SharedLink | undefined } {
  const { port1, port2 } = new MessageChannel();
  const shared = sharedLink(link, node.context.sampleRate);
  typedPort<AudioSetup, never>(node.port, audioSetupTransferables).send({ type: 'connect', port: port1, shared });
  return { port: port2, shared };
}

function createWorker(url: string): Worker {
  try {
    return new Worker(url, { type: 'module', name: 'turntape' });
  } catch (cause) {
    const message = `A worker cannot start from ${url}: it must have the page's origin. Copy the files with npx turntape copy-assets and set assetBase`;
    throw new TurntapeError('asset_not_found', message, { field: 'assetBase', cause });
  }
}

function lockError(cause: unknown): TurntapeError {
  return new TurntapeError('worker_failed', 'the life of the engine cannot be watched', { cause });
}

function workerError(url: string, event: ErrorEvent): TurntapeError {
  // A script that does not load gives an event without a message; one that throws says what.
  if (event.message) return new TurntapeError('worker_failed', `the engine failed: ${event.message}`);
  const message = `The engine did not load from ${url}: set assetBase, or run npx turntape copy-assets. Under a CSP, worker-src must allow it`;
  return new TurntapeError('asset_not_found', message, { field: 'assetBase' });
}
