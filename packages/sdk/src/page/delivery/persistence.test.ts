import { afterEach, expect, test, vi } from 'vitest';
import { Persistence } from './persistence.ts';

afterEach(() => vi.unstubAllGlobals());

function browserThat(persist: (() => Promise<boolean>) | undefined): void {
  vi.stubGlobal('navigator', { storage: persist && { persist } });
}

test('[QUOTA-17] the browser is asked once, nobody waits for its answer, and what it promises is known when it has', async () => {
  let answer: ((promised: boolean) => void) | undefined;
  const persist = vi.fn(() => new Promise<boolean>((resolve) => (answer = resolve)));
  browserThat(persist);
  const persistence = new Persistence();
  const refused = vi.fn();
  expect(persistence.ask(refused)).toBeUndefined();
  persistence.ask(refused);
  expect(persistence.persisted).toBeNull();
  answer?.(true);
  await expect.poll(() => persistence.persisted).toBe(true);
  expect(persist).toHaveBeenCalledOnce();
  expect(refused).not.toHaveBeenCalled();
});

test('[QUOTA-17] a browser that refuses the question is told; one that has none is not asked', async () => {
  const cause = new TypeError('not here');
  browserThat(() => Promise.reject(cause));
  const told: unknown[] = [];
  const persistence = new Persistence();
  persistence.ask((thrown) => told.push(thrown));
  await expect.poll(() => told).toEqual([cause]);
  browserThat(undefined);
  const none = new Persistence();
  none.ask((thrown) => told.push(thrown));
  expect([none.persisted, told]).toEqual([null, [cause]]);
});
