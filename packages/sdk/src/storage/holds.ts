import { TurntapeError } from '../core/errors.ts';
import type { TurntapeDatabase, WritableStore } from './database.ts';
import type { HoldRow } from './rows.ts';

/**
 * Who reads of a session for longer than a moment holds it: no limit takes anything of it meanwhile. A hold is a lease, since
 * whoever took it may die before it lets go: it counts until its time is over, and the next sweep clears its row away.
 */

/** A lease is a day at most: one whose end lies farther off was taken before the clock was set back. */
export const LONGEST_LEASE_MS = 86_400_000;

export interface LeaseOptions {
  leaseMs: number;
  /** Of a hold that is renewed. */
  holdId?: string;
  nowMs?: number;
}

/**
 * Takes a hold, or renews it, whether its time was over or not.
 * @throws TurntapeError `invalid_argument`: the session is not on this device, or not any more.
 */
export function takeHold(
  db: TurntapeDatabase,
  sessionId: string,
  { leaseMs, holdId = crypto.randomUUID(), nowMs = Date.now() }: LeaseOptions,
): Promise<HoldRow> {
  const row: HoldRow = { hold_id: holdId, session_id: sessionId, expires_at: nowMs + leaseMs };
  return db.write(['sessions', 'holds'], 'relaxed', async (tx) => {
    if ((await tx.objectStore('sessions').getKey(sessionId)) === undefined)
      throw new TurntapeError('invalid_argument', `session ${sessionId} is not on this device`, { field: 'sessionId' });
    await tx.objectStore('holds').put(row);
    return row;
  });
}

/** Lets go; harmless when it has gone already. */
export function releaseHold(db: TurntapeDatabase, holdId: string): Promise<void> {
  return db.write(['holds'], 'relaxed', (tx) => tx.objectStore('holds').delete(holdId));
}

/** The hold counts at this time. */
export function isInForce({ expires_at }: HoldRow, nowMs: number): boolean {
  return expires_at > nowMs && expires_at <= nowMs + LONGEST_LEASE_MS;
}

/** Somebody holds the session: asked within the transaction that would take something of it. */
export async function isHeld(
  holds: Pick<WritableStore<'holds'>, 'index'>,
  sessionId: string,
  nowMs: number,
): Promise<boolean> {
  return (await holds.index('session_id').getAll(sessionId)).some((row) => isInForce(row, nowMs));
}

/** Clears away what nobody let go of in time. */
export async function clearExpiredHolds(db: TurntapeDatabase, nowMs: number): Promise<void> {
  const isOver = (row: HoldRow): boolean => !isInForce(row, nowMs);
  if (!(await db.read(['holds'], (tx) => tx.objectStore('holds').getAll())).some(isOver)) return;
  await db.write(['holds'], 'relaxed', async (tx) => {
    const holds = tx.objectStore('holds');
    // Looked at again: one may have been renewed.
    for (const row of await holds.getAll()) if (isOver(row)) await holds.delete(row.hold_id);
  });
}
