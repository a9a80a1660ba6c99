import { TurntapeError } from '../core/errors.ts';
import type { EngineCalls, EngineFact, EngineMessage } from '../core/messages/page-engine.ts';
import type { VadModel } from '../core/settings.ts';
import { abortable } from './abortable.ts';
import type { AssetUrls } from './assets.ts';
import type { Engine } from './engine-call.ts';
import { type EngineWorker, startEngineWorker } from './threads.ts';

/** An engine that dies again and again is not started for ever: so many times within a minute. */
const MAX_RESTARTS = 3;
const WITHIN_MS = 60_000;

/** The next engine does not wait longer for its detector: the worklets hold 10 s, and energy serves until it is there. */
const WARM_UP_MS = 3000;

/**
 * A script that does not load is asked for again: a line may break for a moment, and no browser tries again by itself. At the start
 * once, so that an address that is wrong is soon said; in a session for about as long as the worklets hold. In milliseconds.
 */
const LOAD_AGAIN_AT_START_MS = [300];
const LOAD_AGAIN_MS = [100, 300, 600, 1000, 2000, 2000, 2000];

/** A session that was being opened is not: its start failed, and may be tried again. */
const NOT_AGAIN: ReadonlySet<keyof EngineCalls> = new Set(['start', 'openSession', 'resumeSession']);

/** The engine as the page holds it: one worker after another. */
export interface EngineThread {
  /** A call that a crash interrupts is made again of the next engine. */
  engine: Engine;
  facts: { receive(receiver: (fact: EngineFact) => void): void };
  /** A worker has died, and the next one is not ready yet: what is said to it now is lost. */
  readonly restarting: boolean;
  /** Hands a port to the engine. While it restarts nothing is handed over: `onRestarted` does. */
  connect(message: EngineMessage): void;
  terminate(): void;
}

export interface EngineLifeEvents {
  /** Another worker runs, its detector is ready. What it needs to know is said before anything else is asked of it. */
  onRestarted: (worker: EngineWorker, died: TurntapeError) => Promise<void>;
  /** It is over: nothing is captured any more. */
  onLost: (error: TurntapeError) => void;
}

/** Keeps an engine alive: a worker that dies is replaced, and whoever was waiting goes on waiting. */
export class EngineLife implements EngineThread {
  readonly #assets: AssetUrls;
  readonly #restarts: number[] = [];
  #worker: EngineWorker;
  #events: EngineLifeEvents | undefined;
  /** The detector that every worker loads. */
  #model: VadModel | null = null;
  #receiver: (fact: EngineFact) => void = () => undefined;
  /** How often the script of the next worker has not loaded. */
  #notLoaded = 0;
  /** Settles when the engine may be asked. Rejects for good when it is lost. */
  #ready: Promise<void> = Promise.resolve();
  #restarting = false;
  /** Which restart is under way, and why. */
  #attempt = 0;
  #cause: TurntapeError | undefined;
  #terminated = false;

  readonly engine: Engine = { call: (name, args, options) => this.#call(name, args, options?.signal) };

  readonly facts = {
    receive: (receiver: (fact: EngineFact) => void): void => {
      this.#receiver = receiver;
    },
  };

  constructor(assets: AssetUrls) {
    this.#assets = assets;
    this.#worker = this.#start();
  }

  get restarting(): boolean {
    return this.#restarting;
  }

  /**
   * Starts it for good: from now on a worker that dies is replaced. Gives the sessions that it recovered. Errors: those of the
   * engine's `start`.
   */
  async begin(model: VadModel | null, events: EngineLifeEvents): Promise<readonly string[]> {
    this.#model = model;
    let recovered: readonly string[];
    for (;;) {
      try {
        recovered = await this.#begin(this.#worker);
        break;
      } catch (thrown) {
        const waitMs = this.#worker.isDead ? this.#loadsAgainIn(thrown, LOAD_AGAIN_AT_START_MS) : undefined;
        if (waitMs === undefined) throw thrown;
        await wait(waitMs);
        if (this.#terminated) throw thrown;
        this.#worker = this.#start();
      }
    }
    this.#notLoaded = 0;
    this.#events = events;
    this.#worker.watchDeath();
    return recovered;
  }

  connect(message: EngineMessage): void {
    // Whoever is connected is connected again when the session is brought back.
    if (!this.#restarting) this.#worker.connect(message);
  }

  terminate(): void {
    this.#terminated = true;
    this.#worker.terminate();
  }

  async #call<Name extends keyof EngineCalls>(
    name: Name,
    args: Parameters<EngineCalls[Name]>,
    signal: AbortSignal | undefined,
  ): Promise<Awaited<ReturnType<EngineCalls[Name]>>> {
    for (;;) {
      await abortable(this.#ready, signal);
      const worker = this.#worker;
      try {
        return await worker.engine.call(name, args, { signal });
      } catch (thrown) {
        // By now the next one is being started, and `ready` is its.
        if (!worker.isDead || !this.#events || this.#terminated || NOT_AGAIN.has(name)) throw thrown;
      }
    }
  }

  #start(): EngineWorker {
    const worker = startEngineWorker(this.#assets);
    worker.facts.receive((fact) => this.#receiver(fact));
    worker.died.catch((error: unknown) => this.#died(error as TurntapeError));
    return worker;
  }

  async #begin(worker: EngineWorker): Promise<readonly string[]> {
    return (await worker.engine.call('start', [this.#assets, this.#model, worker.lifeLock])).recovered;
  }

  #died(error: TurntapeError): void {
    if (!this.#events || this.#terminated) return;
    // It may be dead to us alone: two engines would write one session. What it said last may still be on its way.
    const before = this.#worker;
    before.stop();
    const waitMs = this.#restarting ? this.#loadsAgainIn(error, LOAD_AGAIN_MS) : undefined;
    const now = performance.now();
    if (waitMs === undefined) this.#restarts.push(now);
    if (this.#restarts.filter((at) => at > now - WITHIN_MS).length > MAX_RESTARTS) {
      this.#lose(error);
      return;
    }
    this.#restarting = true;
    // One that has not even loaded is not what ended the one before.
    if (waitMs === undefined) this.#cause = error;
    const [events, cause] = [this.#events, this.#cause ?? error];
    const attempt = (this.#attempt += 1);
    this.#wait(async () => {
      if (waitMs !== undefined) await wait(waitMs);
      if (this.#terminated) throw error;
      this.#worker = this.#start();
      await this.#restart(attempt, this.#worker, events, cause);
      before.terminate();
    });
  }

  /** How long to wait before a worker whose script did not load is tried again; undefined: that was not it, or it has been enough. */
  #loadsAgainIn(thrown: unknown, waitsMs: readonly number[]): number | undefined {
    if (!(thrown instanceof TurntapeError) || thrown.code !== 'asset_not_found' || this.#terminated) return undefined;
    const waitMs = waitsMs[this.#notLoaded];
    this.#notLoaded += 1;
    return waitMs;
  }

  async #restart(attempt: number, worker: EngineWorker, events: EngineLifeEvents, died: TurntapeError): Promise<void> {
    try {
      await this.#begin(worker);
      this.#notLoaded = 0;
      worker.watchDeath();
      if (this.#model) await settledWithin(worker.engine.call('vadReady', []), WARM_UP_MS);
      await events.onRestarted(worker, died);
      this.#restarting = false;
    } catch (thrown) {
      // It died on the way: the next one is being started already.
      if (this.#attempt !== attempt) {
        await this.#ready;
        return;
      }
      this.#lose(thrown instanceof TurntapeError ? thrown : died);
      throw thrown;
    }
  }

  /** Whoever asks waits for this; nobody may be asking. */
  #wait(work: () => Promise<void>): void {
    const ready = work();
    ready.catch(() => undefined);
    this.#ready = ready;
  }

  #lose(error: TurntapeError): void {
    this.#restarting = false;
    this.#wait(async () => {
      throw error;
    });
    this.#events?.onLost(error);
  }
}

function wait(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

/** Waits for the work, but not for longer. What it throws is thrown. */
async function settledWithin(work: Promise<unknown>, milliseconds: number): Promise<void> {
  const { promise: late, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, milliseconds);
  await Promise.race([work, late]);
  clearTimeout(timer);
}
