import { CREDIT_MS } from '../../core/messages/credits.ts';
import type { SharedLink } from '../../core/messages/shared-port.ts';
import { ringMemory } from '../../core/messages/word-ring.ts';

/** How the worklets talk to the engine: `auto` takes shared memory where the page has it, `port` never does. */
export type AudioLink = 'auto' | 'port';

/** What may be on its way, twice: each message has a text beside its samples. */
const ROOM_MS = 2 * CREDIT_MS;

/**
 * Memory for one worklet's link, where the page is cross-origin isolated and a worker can wait for a word without
 * blocking (Chromium 87, Safari 16.4, Firefox 145). Undefined: the link is a MessagePort.
 */
export function sharedLink(link: AudioLink, sampleRate: number): SharedLink | undefined {
  // Absent in older browsers.
  const atomics = Atomics as Partial<typeof Atomics>;
  if (link === 'port' || !crossOriginIsolated || !atomics.waitAsync) return undefined;
  const words = (ROOM_MS / 1000) * sampleRate;
  return { toEngine: ringMemory(words), toWorklet: ringMemory(words) };
}
