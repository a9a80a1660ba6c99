import type { Off } from '../core/emitter.ts';

/** Calls `listener` whenever the network may be back. A hint: nothing is ever held back because it did not come. */
export type OnlineHint = (listener: () => void) => Off;

/** The browser's `online` event, in a page and in a service worker. Worlds without it give no hint. */
export const onlineEvents: OnlineHint = (listener) => {
  if (typeof globalThis.addEventListener !== 'function') return () => {};
  globalThis.addEventListener('online', listener);
  return () => globalThis.removeEventListener('online', listener);
};
