import { TurntapeError, isTurntapeError } from '../../core/errors.ts';
import type { TurntapeDatabase } from '../../storage/database.ts';
import { LONGEST_LEASE_MS, releaseHold, takeHold } from '../../storage/holds.ts';
import { check } from '../options/option-checks.ts';

/** How long a hold lasts. */
export interface HoldOptions {
  /** It ends by itself after this, in milliseconds, 1000 … 86400000. Default 600000: ten minutes. */
  leaseMs?: number;
}

/** Ten minutes: longer than a stream that an export is written to stands still, shorter than anybody misses the room. */
const LEASE_MS = 600_000;

/**
 * Keeps a session on this device while somebody reads of it: neither its time nor a limit of the app's takes anything of it, in
 * this tab or another. It ends with {@link release}, with the recorder, and by itself when its time is over.
 */
export class SessionHold implements AsyncDisposable {
  readonly sessionId: string;
  readonly #holdId: string;
  readonly #holds: SessionHolds;
  #leaseMs: number;
  #expiresAtMs: number;
  #released: Promise<void> | undefined;

  /** @internal */
  constructor(holds: SessionHolds, row: { hold_id: string; session_id: string; expires_at: number }, leaseMs: number) {
    this.#holds = holds;
    this.#holdId = row.hold_id;
    this.sessionId = row.session_id;
    this.#expiresAtMs = row.expires_at;
    this.#leaseMs = leaseMs;
  }

  /** It ends by itself at this time, in milliseconds since 1970. */
  get expiresAtMs(): number {
    return this.#expiresAtMs;
  }

  /**
   * Begins its time anew, also when it was over and the session is still here. Default: for as long as before. Errors:
   * `invalid_argument`: the session is gone; `disposed`: it was released; `storage_failed`, `storage_full`.
   */
  async renew({ leaseMs = this.#leaseMs }: HoldOptions = {}): Promise<void> {
    if (this.#released) throw new TurntapeError('disposed', 'the hold was released: take another');
    const { expires_at } = await this.#holds.lease(this.sessionId, leaseMs, this.#holdId);
    this.#leaseMs = leaseMs;
    this.#expiresAtMs = expires_at;
  }

  /** Lets go: what is due goes at once. Harmless when repeated. Errors: `storage_failed`; it then ends when its time is over. */
  release(): Promise<void> {
    this.#released ??= this.#holds.release(this, this.#holdId);
    return this.#released;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.release();
  }
}

/** The holds of one recorder. */
export class SessionHolds {
  readonly #db: TurntapeDatabase;
  readonly #news: { onReleased: () => void; onError: (error: TurntapeError) => void };
  readonly #open = new Set<SessionHold>();

  constructor(db: TurntapeDatabase, news: { onReleased: () => void; onError: (error: TurntapeError) => void }) {
    this.#db = db;
    this.#news = news;
  }

  async take(sessionId: string, { leaseMs = LEASE_MS }: HoldOptions = {}): Promise<SessionHold> {
    const hold = new SessionHold(this, await this.lease(sessionId, leaseMs), leaseMs);
    // Those that somebody forgot: their time is over, and nobody waits for them.
    for (const old of this.#open) if (old.expiresAtMs < Date.now()) this.#open.delete(old);
    this.#open.add(hold);
    return hold;
  }

  /** Writes the lease down; the row says until when. */
  lease(sessionId: string, leaseMs: number, holdId?: string): ReturnType<typeof takeHold> {
    const checked = check.number(leaseMs, 'leaseMs', 1000, LONGEST_LEASE_MS);
    return takeHold(this.#db, sessionId.toLowerCase(), { leaseMs: checked, ...(holdId && { holdId }) });
  }

  async release(hold: SessionHold, holdId: string): Promise<void> {
    this.#open.delete(hold);
    await releaseHold(this.#db, holdId);
    this.#news.onReleased();
  }

  /**
   * Runs `read` while the session is held; it calls `goesOn` now and then. A disk that takes no lease is told and stops no
   * reading: an export is how what is on it gets out.
   */
  async during<Result>(sessionId: string, read: (goesOn: () => Promise<void>) => Promise<Result>): Promise<Result> {
    const hold = await this.#tolerant(() => this.take(sessionId));
    try {
      return await read(async () => {
        if (hold && hold.expiresAtMs - Date.now() < LEASE_MS / 2) await this.#tolerant(() => hold.renew());
      });
    } finally {
      await this.#tolerant(async () => hold?.release());
    }
  }

  /** Lets go of all. */
  async dispose(): Promise<void> {
    for (const hold of this.#open) await this.#tolerant(() => hold.release());
  }

  async #tolerant<Result>(work: () => Promise<Result>): Promise<Result | undefined> {
    try {
      return await work();
    } catch (thrown) {
      // The session is not here, or not any more: there is nothing to be read.
      if (!isTurntapeError(thrown) || thrown.code === 'invalid_argument') throw thrown;
      this.#news.onError(thrown);
      return undefined;
    }
  }
}
