import type { QueueFacts } from '../../core/messages/credits.ts';
import { STALL_MS } from '../../core/messages/credits.ts';
import type { QueueStats } from '../../core/stats.ts';

/** What waits for the engine in one track's worklet, by what its blocks say. */
export class QueueMeter {
  #waitingMs = 0;
  #mostMs = 0;
  #lostMs = 0;

  block({ waitingFrames = 0, lostFrames = 0 }: QueueFacts, clockRate: number): void {
    const milliseconds = (frames: number): number => (frames / clockRate) * 1000;
    this.#waitingMs = milliseconds(waitingFrames);
    this.#mostMs = Math.max(this.#mostMs, this.#waitingMs);
    this.#lostMs += milliseconds(lostFrames);
  }

  get stats(): QueueStats {
    return { waitingMs: this.#waitingMs, mostMs: this.#mostMs, lostMs: this.#lostMs, boundMs: STALL_MS };
  }
}
