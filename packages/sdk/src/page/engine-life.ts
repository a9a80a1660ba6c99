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
  /** Settles when the engine may be asked. Rejects for good when it is lost. */
  #ready: Promise<void> = Promise.resolve();
  #restarting = false;
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

  /** Starts it for good: from now on a worker that dies is replaced. Errors: those of the engine's `start`. */
  async begin(model: VadModel | null, events: EngineLifeEvents): Promise<void> {
    this.#model = model;
    await this.#begin(this.#worker);
    this.#events = events;
    this.#worker.watchDeath();
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

  async #begin(worker: EngineWorker): Promise<void> {
    await worker.engine.call('start', [this.#assets, this.#model, worker.lifeLock]);
  }

  #died(error: TurntapeError): void {
    if (!this.#events || this.#terminated) return;
    // It may be dead to us alone: two engines would write one session. What it said last may still be on its way.
    const before = this.#worker;
    before.stop();
    const now = performance.now();
    this.#restarts.push(now);
    if (this.#restarts.filter((at) => at > now - WITHIN_MS).length > MAX_RESTARTS) {
      this.#lose(error);
      return;
    }
    this.#restarting = true;
    this.#worker = this.#start();
    const [worker, events] = [this.#worker, this.#events];
    this.#wait(async () => {
      await this.#restart(worker, events, error);
      before.terminate();
    });
  }

  async #restart(worker: EngineWorker, events: EngineLifeEvents, died: TurntapeError): Promise<void> {
    try {
      await this.#begin(worker);
      worker.watchDeath();
      if (this.#model) await settledWithin(worker.engine.call('vadReady', []), WARM_UP_MS);
      await events.onRestarted(worker, died);
      this.#restarting = false;
    } catch (thrown) {
      // It died on the way: the next one is being started already.
      if (this.#worker !== worker) {
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

/** Waits for the work, but not for longer. What it throws is thrown. */
async function settledWithin(work: Promise<unknown>, milliseconds: number): Promise<void> {
  const { promise: late, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, milliseconds);
  await Promise.race([work, late]);
  clearTimeout(timer);
}
