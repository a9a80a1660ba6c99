import type { Scripted } from './ruler-session.ts';

declare global {
  interface Window {
    /** Every output latency that the browser has named to whoever asked, in milliseconds. */
    namedLatenciesMs: Set<number>;
  }
}

/**
 * From now on the page writes down each output latency that the browser names. It never asks for one itself: Firefox may stand still
 * for that (see `page/quirks/output-latency.ts`).
 */
export async function watchLatency(page: Scripted): Promise<void> {
  await page.evaluate(() => {
    const isWatched = 'namedLatenciesMs' in window;
    window.namedLatenciesMs = new Set();
    if (isWatched) return;
    const asked = Object.getOwnPropertyDescriptor(AudioContext.prototype, 'outputLatency');
    Object.defineProperty(AudioContext.prototype, 'outputLatency', {
      configurable: true,
      get(this: AudioContext) {
        const seconds = asked?.get?.call(this) as number;
        window.namedLatenciesMs.add(seconds * 1000);
        return seconds;
      },
    });
  });
}

/** What the browser has named since, in milliseconds; empty where nobody asked. */
export function namedLatenciesMs(page: Scripted): Promise<number[]> {
  return page.evaluate(() => [...window.namedLatenciesMs]);
}
