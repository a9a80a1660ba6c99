import engineAddress from './engine.worker.ts?worker&url';

/**
 * A disk that can be filled. No page can fill the real one in a moment, so the demo's engine runs on one that refuses to write
 * when it is told to: for the recorder it is the same error at the same place.
 */
export class FullDisk {
  readonly #orders = new BroadcastChannel('demo-disk');
  #full = false;

  /** Call before the recorder is made: its engine is started from the demo's own file. */
  constructor() {
    const engine = new URL(engineAddress, document.baseURI);
    globalThis.Worker = new Proxy(globalThis.Worker, {
      construct: (target, [address, options]: [string | URL, WorkerOptions?]) =>
        new target(String(address).includes('engine.worker') ? engine : address, options),
    });
  }

  /** No byte can be written. */
  get full(): boolean {
    return this.#full;
  }

  /** Fills it, or makes room again. */
  fill(full: boolean): void {
    this.#full = full;
    this.#orders.postMessage({ full });
  }
}
