import type { WritableStore } from './database.ts';
import type { OutboxContent, OutboxRow, SessionRow } from './rows.ts';

/** Puts something kept into the outbox, behind everything there: within the transaction that keeps it. */
export async function enqueue(
  outbox: WritableStore<'outbox'>,
  sessionId: string,
  content: OutboxContent,
  nowMs: number,
): Promise<void> {
  await outbox.add({
    ...content,
    session_id: sessionId,
    state: 'pending',
    attempts: 0,
    error: null,
    added_at: nowMs,
    sent_at: null,
    retry_at: null,
  });
}

/**
 * Puts a session's facts into the outbox. They take the place of facts of the same session that were never tried, but
 * only when nothing of the session was added since: a backend hears of a session before its segments and of its end
 * after them. The older item leaves and the newer gets a number of its own: an uploader that has the older one in its
 * hands acknowledges that number and no other.
 */
export async function enqueueSession(
  outbox: WritableStore<'outbox'>,
  session: SessionRow,
  nowMs: number,
): Promise<void> {
  const last = await outbox.index('session_id').openCursor(session.session_id, 'prev');
  if (last && last.value.kind === 'session' && neverTried(last.value)) await last.delete();
  await enqueue(outbox, session.session_id, { kind: 'session', session }, nowMs);
}

function neverTried(row: OutboxRow): boolean {
  return row.state === 'pending' && row.attempts === 0 && row.sent_at === null;
}
