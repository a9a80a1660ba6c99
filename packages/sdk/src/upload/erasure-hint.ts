import type { Off } from '../core/emitter.ts';

/** What the tabs and workers of an origin tell one another of erasures. */
const CHANNEL = 'turntape:erased';

/** Calls `listener` when a session was erased elsewhere; undefined: all were. Whoever hears of it sends nothing more of it. */
export type ErasureHint = (listener: (sessionId: string | undefined) => void) => Off;

/**
 * From every other tab and worker of the origin. What is in memory there knows nothing of the database: a page that goes would
 * send what it holds ready, and a slow request would go on. Worlds without channels have no second tab.
 */
export const erasuresElsewhere: ErasureHint = (listener) => {
  if (typeof BroadcastChannel === 'undefined') return () => {};
  const channel = new BroadcastChannel(CHANNEL);
  channel.addEventListener('message', ({ data }: MessageEvent<string | undefined>) => listener(data));
  return () => channel.close();
};

/** Tells them. */
export function tellErased(sessionId: string | undefined): void {
  if (typeof BroadcastChannel === 'undefined') return;
  const channel = new BroadcastChannel(CHANNEL);
  channel.postMessage(sessionId);
  channel.close();
}
