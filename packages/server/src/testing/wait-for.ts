import { setTimeout as delay } from 'node:timers/promises';

/** How long a fact is waited for, in milliseconds; not a promise, only an end to waiting. */
const WITHIN_MS = 60_000;

/** Asks until there is an answer. */
export async function waitFor<Fact>(ask: () => Promise<Fact | undefined> | Fact | undefined): Promise<Fact> {
  const deadline = Date.now() + WITHIN_MS;
  while (Date.now() < deadline) {
    const fact = await ask();
    if (fact !== undefined) return fact;
    await delay(20);
  }
  throw new Error('It did not become true.');
}
