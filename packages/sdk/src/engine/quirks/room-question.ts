/** What the browser says of this site's storage; undefined where it says nothing. */
export type RoomAnswer = { usage?: number | undefined; quota?: number | undefined } | undefined;

/** The name stands in no other engine, and in its workers too (Firefox ESR 153). */
const isGecko = (): boolean => 'InternalError' in globalThis;

/**
 * Asks the browser how much room this site has, from a worker.
 *
 * In Firefox (ESR 153) `navigator.storage.estimate()` of a worker stands still until the page's thread has time
 * (`EstimateWorkerMainThreadRunnable`, dom/quota/StorageManager.cpp: dispatched synchronously). With the page blocked the
 * engine stood still for as long, every 4 MiB: a cut of the bot in 15 came up to 2.2 s late. So there the page is asked, and
 * nobody waits for its answer but the question.
 */
export class RoomQuestion {
  readonly #askPage: () => void;
  readonly #careful: boolean;
  #waiting: ((answer: RoomAnswer) => void)[] = [];

  /** `askPage`: lets the page know; its answer comes to `answered`. */
  constructor(askPage: () => void, careful = isGecko()) {
    this.#askPage = askPage;
    this.#careful = careful;
  }

  ask(): Promise<RoomAnswer> {
    if (!this.#careful) return estimateRoom();
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      if (this.#waiting.length === 1) this.#askPage();
    });
  }

  answered(answer: RoomAnswer): void {
    for (const resolve of this.#waiting.splice(0)) resolve(answer);
  }
}

/** Absent on a page that is not secure, and in browsers of before 2023. */
async function estimateRoom(): Promise<RoomAnswer> {
  return (navigator.storage as StorageManager | undefined)?.estimate?.();
}
