import type { ErrorFacts } from '../core/errors.ts';
import type { Outbox, OutboxItem, OutboxPayload } from '../upload-contract/outbox.ts';
import type { Receipt } from '../upload-contract/receipt.ts';
import type { StoreName, TurntapeDatabase, WritableStore } from './database.ts';
import { type DeliveryFacts, type OutboxRow, toSegmentWire, toTranscriptWire } from './rows.ts';
import { readAudio } from './segments.ts';

/** Facts that change when an item moves on its way. */
type Change = Partial<DeliveryFacts> & { audio_url?: string | null };

const STORES = ['outbox', 'segments', 'transcripts'] as const satisfies StoreName[];

/**
 * The outbox of a database. What a change says of an item and what it says of the segment or transcript behind it are
 * one transaction. An item that has left (acknowledged, replaced, erased) is left alone.
 *
 * Relaxed durability throughout: a loss of power may bring an item back, and sending it again is free.
 */
export function createOutbox(db: TurntapeDatabase, { nowMs = Date.now }: { nowMs?: () => number } = {}): Outbox {
  /** Writes what `next` makes of the row (null: the item leaves) and `change`, when the item is still there. */
  const move = (item: OutboxItem, next: (row: OutboxRow) => OutboxRow | null, change: Change): Promise<void> =>
    db.write([...STORES], 'relaxed', async (tx) => {
      const outbox = tx.objectStore('outbox');
      const before = await outbox.get(item.seq);
      if (!before) return;
      const row = next(before);
      if (row) await outbox.put(row);
      else await outbox.delete(item.seq);
      await changeKept(before, change, tx.objectStore('segments'), tx.objectStore('transcripts'));
    });

  return {
    items: () => readItems(db),
    audio: (segmentId) => readAudio(db, segmentId),
    sent: (item) => move(item, (row) => ({ ...row, sent_at: nowMs() }), { state: 'sent' }),
    acknowledged: (item, receipt) => move(item, () => null, proved(receipt, nowMs())),
    failed: (item, thrown, retryAt) => {
      const error = plain(thrown);
      const next = (row: OutboxRow) => ({ ...row, attempts: row.attempts + 1, error, retry_at: retryAt ?? null });
      return move(item, next, { state: 'kept', error });
    },
    rejected: (item, thrown) => {
      const error = plain(thrown);
      const next = (row: OutboxRow): OutboxRow => {
        return { ...row, state: 'rejected', attempts: row.attempts + 1, error, retry_at: null };
      };
      return move(item, next, { state: 'rejected', error });
    },
    retry: (sessionId) =>
      db.write([...STORES], 'relaxed', async (tx) => {
        const outbox = tx.objectStore('outbox');
        const rows = await (sessionId === undefined ? outbox.getAll() : outbox.index('session_id').getAll(sessionId));
        for (const row of rows) {
          if (row.state !== 'rejected') continue;
          await outbox.put({ ...row, state: 'pending', attempts: 0, error: null });
          const back: Change = { state: 'kept', error: null };
          await changeKept(row, back, tx.objectStore('segments'), tx.objectStore('transcripts'));
        }
      }),
  };
}

function proved(receipt: Receipt | undefined, nowMs: number): Change {
  return { state: 'acknowledged', acknowledged_at: nowMs, error: null, audio_url: receipt?.audio_url ?? null };
}

/** The five fields alone: an error of another make may carry what cannot be cloned. */
function plain({ code, message, field, retryable, cause }: ErrorFacts): ErrorFacts {
  return { code, message, field, retryable, cause };
}

async function changeKept(
  item: OutboxRow,
  { audio_url, ...change }: Change,
  segments: WritableStore<'segments'>,
  transcripts: WritableStore<'transcripts'>,
): Promise<void> {
  if (item.kind === 'segment') {
    const row = await segments.get(item.segment_id);
    if (!row || row.state === 'recording') return;
    await segments.put({ ...row, ...change, audio_url: audio_url === undefined ? row.audio_url : audio_url });
  }
  if (item.kind === 'transcript') {
    const row = await transcripts.get([item.transcript_id, item.revision]);
    if (row) await transcripts.put({ ...row, ...change });
  }
}

function readItems(db: TurntapeDatabase): Promise<OutboxItem[]> {
  return db.read([...STORES], async (tx) => {
    const rows = await tx.objectStore('outbox').getAll();
    const payloads = await Promise.all(
      rows.map(async (row): Promise<OutboxPayload | undefined> => {
        if (row.kind === 'session') return { kind: 'session', session: row.session };
        if (row.kind === 'transcript') {
          const transcript = await tx.objectStore('transcripts').get([row.transcript_id, row.revision]);
          return transcript && { kind: 'transcript', transcript: toTranscriptWire(transcript) };
        }
        const segment = await tx.objectStore('segments').get(row.segment_id);
        return segment && segment.state !== 'recording'
          ? { kind: 'segment', segment: toSegmentWire(segment) }
          : undefined;
      }),
    );
    // An item and the row behind it come and go in one transaction: there is always a payload.
    return rows.flatMap((row, index) => {
      const payload = payloads[index];
      return payload ? [toItem(row, payload)] : [];
    });
  });
}

function toItem(row: OutboxRow, payload: OutboxPayload): OutboxItem {
  const { seq = 0, session_id, state, attempts, error, retry_at } = row;
  return {
    seq,
    sessionId: session_id,
    state,
    attempts,
    error: error ?? undefined,
    retryAt: retry_at ?? undefined,
    payload,
  };
}
