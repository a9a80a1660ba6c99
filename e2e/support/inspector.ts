import type { CDPSession, Page } from '@playwright/test';

/** What the browser counts of a page, after a collection of garbage. */
export interface Counts {
  /** Bytes in use of the page and of its workers: objects, their buffers (sound, WebAssembly), and what the browser holds for them. */
  pageBytes: number;
  workerBytes: number;
  workers: number;
  audioHandlers: number;
  audioProcessors: number;
  /** Objects that are still reachable. */
  contexts: number;
  nodes: number;
  liveTracks: number;
}

/** Chromium's own counters, by the DevTools protocol: of the page and of its dedicated workers. */
export class Inspector {
  readonly #page: CDPSession;
  readonly #workers = new Set<string>();
  readonly #answers = new Map<number, (result: Record<string, unknown>) => void>();
  #asked = 0;

  private constructor(page: CDPSession) {
    this.#page = page;
    page.on('Target.attachedToTarget', ({ sessionId, targetInfo }) => {
      if (targetInfo.type === 'worker') this.#workers.add(sessionId);
    });
    page.on('Target.detachedFromTarget', ({ sessionId }) => {
      this.#workers.delete(sessionId);
      // Whoever is asked and is gone answers no more.
      for (const answer of this.#answers.values()) answer({});
    });
    page.on('Target.receivedMessageFromTarget', ({ message }) => {
      const { id, result } = JSON.parse(message) as { id?: number; result?: Record<string, unknown> };
      if (id === undefined) return;
      this.#answers.get(id)?.(result ?? {});
      this.#answers.delete(id);
    });
  }

  static async open(page: Page): Promise<Inspector> {
    const session = await page.context().newCDPSession(page);
    const inspector = new Inspector(session);
    await session.send('Performance.enable');
    await session.send('HeapProfiler.enable');
    // Not flat: Playwright gives a session of the page alone.
    await session.send('Target.setAutoAttach', { autoAttach: true, waitForDebuggerOnStart: false, flatten: false });
    return inspector;
  }

  /** Bytes in use of the page and of its workers, by kind as in {@link Counts}. */
  async memory(): Promise<{ page: number; worker: number }> {
    await this.#collect();
    return this.#bytes();
  }

  /** Twice: what the first collection finalizes lets go of more. */
  async #collect(): Promise<void> {
    for (let each = 0; each < 2; each += 1) {
      await this.#page.send('HeapProfiler.collectGarbage');
      for (const worker of this.#workers) await this.#ask(worker, 'HeapProfiler.collectGarbage');
    }
  }

  async counts(): Promise<Counts> {
    await this.#collect();
    const { metrics } = await this.#page.send('Performance.getMetrics');
    const metric = (name: string): number => metrics.find((each) => each.name === name)?.value ?? 0;
    const { page, worker } = await this.#bytes();
    return {
      pageBytes: page,
      workerBytes: worker,
      workers: this.#workers.size,
      audioHandlers: metric('AudioHandlers'),
      audioProcessors: metric('AudioWorkletProcessors'),
      contexts: await this.#alive('AudioContext', '() => true'),
      // A prototype is an object of the class, too.
      nodes: await this.#alive('AudioNode', '(node) => !Object.hasOwn(node, "constructor")'),
      liveTracks: await this.#alive('MediaStreamTrack', '(track) => track.readyState === "live"'),
    };
  }

  async #bytes(): Promise<{ page: number; worker: number }> {
    let worker = 0;
    for (const each of this.#workers) worker += bytesOf(await this.#ask(each, 'Runtime.getHeapUsage'));
    return { page: bytesOf({ ...(await this.#page.send('Runtime.getHeapUsage')) }), worker };
  }

  /** How many reachable objects of a class answer yes. */
  async #alive(name: string, test: string): Promise<number> {
    const { result: prototype } = await this.#page.send('Runtime.evaluate', { expression: `${name}.prototype` });
    if (prototype.objectId === undefined) return 0;
    const { objects } = await this.#page.send('Runtime.queryObjects', { prototypeObjectId: prototype.objectId });
    const { result } = await this.#page.send('Runtime.callFunctionOn', {
      objectId: objects.objectId ?? '',
      functionDeclaration: `function () { return this.filter(${test}).length; }`,
      returnByValue: true,
    });
    await this.#page.send('Runtime.releaseObject', { objectId: objects.objectId ?? '' });
    return Number(result.value);
  }

  async #ask(sessionId: string, method: string): Promise<Record<string, unknown>> {
    const id = (this.#asked += 1);
    const answer = new Promise<Record<string, unknown>>((resolve) => this.#answers.set(id, resolve));
    await this.#page.send('Target.sendMessageToTarget', { sessionId, message: JSON.stringify({ id, method }) });
    return answer;
  }
}

function bytesOf(usage: Record<string, unknown>): number {
  const kinds = ['usedSize', 'embedderHeapUsedSize', 'backingStorageSize'];
  return kinds.reduce((all, name) => all + Number(usage[name] ?? 0), 0);
}
