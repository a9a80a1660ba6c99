import type { Page } from '@playwright/test';

/**
 * The rate of an AudioContext of this browser, in Hz. The context is closed before the answer: each time that a Firefox hung
 * in our tests (three of some fifty runs, cause unknown) one was left open beside the session's.
 */
export function deviceRate(page: Page): Promise<number> {
  return page.evaluate(async () => {
    const context = new AudioContext();
    const { sampleRate } = context;
    await context.close();
    return sampleRate;
  });
}
