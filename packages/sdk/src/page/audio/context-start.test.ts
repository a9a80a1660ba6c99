import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { contextRuns } from './context-start.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** A context that does what it is told; `resume()` settles when the test says so. */
class FakeContext extends EventTarget {
  state: string;
  resumed = 0;
  readonly #signals: (AbortSignal | undefined)[] = [];
  #allow: () => void = () => undefined;

  constructor(state: string) {
    super();
    this.state = state;
  }

  resume(): Promise<void> {
    this.resumed += 1;
    return new Promise((resolve) => (this.#allow = resolve));
  }

  become(state: string): void {
    this.state = state;
    this.#allow();
    this.dispatchEvent(new Event('statechange'));
  }

  override addEventListener(...args: Parameters<EventTarget['addEventListener']>): void {
    const options = args[2];
    this.#signals.push(typeof options === 'object' ? options.signal : undefined);
    super.addEventListener(...args);
  }

  get listeners(): number {
    return this.#signals.filter((signal) => !signal?.aborted).length;
  }
}

/** How the start of such a context ends: its error's code, or 'runs'; undefined while it is waited for. */
function start(state: string, ours: boolean) {
  const context = new FakeContext(state);
  const found: { outcome?: unknown } = {};
  contextRuns(context as unknown as AudioContext, ours).then(
    () => (found.outcome = 'runs'),
    ({ code, retryable }: { code: string; retryable: boolean }) => (found.outcome = { code, retryable }),
  );
  return { context, found };
}

const suspended = { code: 'audio_context_suspended', retryable: true };

test('[HEAR-27] a context that does not run within five seconds ends the start by its code', async () => {
  for (const [state, ours, resumed] of [
    ['suspended', true, 1],
    // An interrupted one is not resumed: that freezes it in WebKit. One of the app's is the app's to resume.
    ['interrupted', true, 0],
    ['suspended', false, 0],
  ] as const) {
    const { context, found } = start(state, ours);
    await vi.advanceTimersByTimeAsync(4999);
    expect(found.outcome).toBeUndefined();
    await vi.advanceTimersByTimeAsync(1);
    expect(found.outcome).toEqual(suspended);
    expect([context.resumed, context.listeners]).toEqual([resumed, 0]);
  }
});

test('[HEAR-27] one that runs, at once or in time, starts', async () => {
  expect(start('running', true).context.resumed).toBe(0);
  for (const [state, ours] of [
    ['suspended', true],
    ['interrupted', true],
    ['suspended', false],
  ] as const) {
    const { context, found } = start(state, ours);
    await vi.advanceTimersByTimeAsync(4000);
    // Another state is not it.
    context.dispatchEvent(new Event('statechange'));
    expect(found.outcome).toBeUndefined();
    context.become('running');
    await vi.advanceTimersByTimeAsync(0);
    expect(found.outcome).toBe('runs');
    expect([vi.getTimerCount(), context.listeners]).toEqual([0, 0]);
  }
});
