import { TurntapeError, isTurntapeError } from '../../core/errors.ts';
import type { DroppedEvent } from '../../core/events.ts';
import type { RetentionSettings } from '../../core/settings.ts';
import type { TurntapeDatabase } from '../../storage/database.ts';
import { sweep } from '../../storage/retention.ts';

export interface RetentionNews {
  onDropped: (dropped: DroppedEvent) => void;
  onError: (error: TurntapeError) => void;
}

/** Time alone makes something due: a page that stays open for days looks this often, when something is acknowledged. */
const LOOK_EVERY_MS = 600_000;

/** Keeps what lies on the device within the app's rules. One sweep at a time: a thousand receipts need no thousand sweeps. */
export class Retention {
  readonly #db: TurntapeDatabase;
  readonly #rules: RetentionSettings;
  readonly #news: RetentionNews;
  #running: Promise<void> | undefined;
  #again = false;
  #sweptAtMs = 0;
  #disposed = false;

  constructor(db: TurntapeDatabase, rules: RetentionSettings, news: RetentionNews) {
    this.#db = db;
    this.#rules = rules;
    this.#news = news;
  }

  /** Something may have become due. */
  sweep(): void {
    if (this.#disposed) return;
    this.#again = true;
    this.#running ??= this.#run().finally(() => (this.#running = undefined));
  }

  /** The backend has one more: only some rules let that make something due. */
  acknowledged(): void {
    const { keepAcknowledgedHours, maxBytes } = this.#rules;
    const isLong = Date.now() - this.#sweptAtMs >= LOOK_EVERY_MS;
    if (keepAcknowledgedHours === 0 || maxBytes !== null || isLong) this.sweep();
  }

  /** Settles when the sweep under way, if there is one, has ended. */
  async dispose(): Promise<void> {
    this.#disposed = true;
    this.#again = false;
    await this.#running;
  }

  async #run(): Promise<void> {
    while (this.#again) {
      this.#again = false;
      this.#sweptAtMs = Date.now();
      try {
        const { dropped } = await sweep(this.#db, this.#rules, this.#sweptAtMs);
        for (const each of dropped) this.#news.onDropped(each);
      } catch (thrown) {
        this.#news.onError(
          isTurntapeError(thrown)
            ? thrown
            : new TurntapeError('storage_failed', 'a sweep of what is kept failed', { cause: thrown }),
        );
      }
    }
  }
}
