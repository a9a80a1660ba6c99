import { type ErrorFacts, isTurntapeError } from '../core/errors.ts';
import type {
  Outbox,
  OutboxChoice,
  OutboxEntry,
  OutboxItem,
  OutboxKnowledge,
  OutboxPayload,
  OutboxReading,
} from '../upload-contract/outbox.ts';
import type { Receipt } from '../upload-contract/receipt.ts';
import type { StoreName, TurntapeDatabase, WritableStore } from './database.ts';
import {
  type DeliveryFacts,
  type OutboxRow,
  type SessionRow,
  type TranscriptRow,
  toSegmentWire,
  toTranscriptWire,
} from './rows.ts';
import { readAudio } from './segments.ts';
import { sessionInTheOpen, showSession, showTranscript, transcriptInTheOpen } from './words.ts';

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
  /** Writes what `next` makes of the row (null: the item leaves; undefined: nothing) and `change`, when the item is still there. */
  const move = (
    item: OutboxEntry,
    next: (row: OutboxRow) => OutboxRow | null | undefined,
    change: Change,
  ): Promise<void> =>
    db.write([...STORES], 'relaxed', async (tx) => {
      const outbox = tx.objectStore('outbox');
      const before = await outbox.get(item.seq);
      if (!before) return;
      const row = next(before);
      if (row === undefined) return;
      if (row) await outbox.put(row);
      else await outbox.delete(item.seq);
      await changeKept(before, change, tx.objectStore('segments'), tx.objectStore('transcripts'));
    });

  /** The same for every chosen item in a state, in one transaction. */
  const moveAll = (
    { sessionId, seq }: OutboxChoice,
    from: OutboxRow['state'],
    facts: Partial<OutboxRow>,
    change: Change,
  ): Promise<void> =>
    db.write([...STORES], 'relaxed', async (tx) => {
      const outbox = tx.objectStore('outbox');
      const rows = await (seq !== undefined
        ? outbox.getAll(seq)
        : sessionId === undefined
          ? outbox.getAll()
          : outbox.index('session_id').getAll(sessionId));
      for (const row of rows) {
        if (row.state !== from || (sessionId !== undefined && row.session_id !== sessionId)) continue;
        await outbox.put({ ...row, ...facts } as OutboxRow);
        await changeKept(row, change, tx.objectStore('segments'), tx.objectStore('transcripts'));
      }
    });

  return {
    read: (known) => readEntries(db, known),
    item: (seq) => readItem(db, seq),
    items: () => readItems(db),
    audio: (segmentId) => readAudio(db, segmentId),
    mayLeave: ({ seq }) =>
      db.write(['outbox'], 'relaxed', async (tx) => {
        const row = await tx.objectStore('outbox').get(seq);
        if (row?.state !== 'pending') return false;
        if (!row.may_leave) await tx.objectStore('outbox').put({ ...row, may_leave: true });
        return true;
      }),
    // One that was cancelled while it was under way stays cancelled, whatever its try comes to.
    sent: (item) =>
      move(item, (row) => (row.state === 'pending' ? { ...row, sent_at: nowMs() } : undefined), { state: 'sent' }),
    acknowledged: (item, receipt) => move(item, () => null, proved(receipt, nowMs())),
    failed: (item, thrown, retryAt) => {
      const error = plain(thrown);
      const next = (row: OutboxRow): OutboxRow | undefined =>
        row.state === 'pending' ? { ...row, attempts: row.attempts + 1, error, retry_at: retryAt ?? null } : undefined;
      return move(item, next, { state: 'kept', error });
    },
    rejected: (item, thrown) => {
      const error = plain(thrown);
      const next = (row: OutboxRow): OutboxRow => {
        return { ...row, state: 'rejected', attempts: row.attempts + 1, error, retry_at: null };
      };
      return move(item, next, { state: 'rejected', error });
    },
    retry: (choice) =>
      moveAll(choice, 'rejected', { state: 'pending', attempts: 0, error: null }, { state: 'kept', error: null }),
    cancel: (choice, thrown) => {
      const error = plain(thrown);
      return moveAll(choice, 'pending', { state: 'rejected', error, retry_at: null }, { state: 'rejected', error });
    },
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

/** Numbers only rise, and writers take turns: what is behind the last one read is all that was added. */
function readEntries(db: TurntapeDatabase, known: OutboxKnowledge | undefined): Promise<OutboxReading> {
  return db.read(['outbox'], async (tx) => {
    const outbox = tx.objectStore('outbox');
    if (known) {
      const added = await outbox.getAll(IDBKeyRange.lowerBound(known.lastSeq, true));
      const isRight = known.count === undefined || (await outbox.count()) === known.count + added.length;
      if (isRight) return { entries: added.map(toEntry), isWhole: false };
    }
    return { entries: (await outbox.getAll()).map(toEntry), isWhole: true };
  });
}

/** What an item stands for, as it lies here: its words may be hidden. Undefined: it is gone. */
type Lookup = (row: OutboxRow) => Promise<StoredPayload | undefined>;
type StoredPayload =
  | Extract<OutboxPayload, { kind: 'segment' | 'erasure' }>
  | { kind: 'transcript'; transcript: TranscriptRow }
  | { kind: 'session'; session: SessionRow };

/** An item with the row of it that was read with it, in the same transaction. */
interface Found {
  row: OutboxRow;
  payload: StoredPayload;
}

async function readItem(db: TurntapeDatabase, seq: number): Promise<OutboxItem | undefined> {
  const found = await withPayloads(db, async (outbox, payloadOf) => {
    const row = await outbox.get(seq);
    const payload = row && (await payloadOf(row));
    return payload && { row, payload };
  });
  return found && toItem(db, found);
}

async function readItems(db: TurntapeDatabase): Promise<OutboxItem[]> {
  const found = await withPayloads(db, async (outbox, payloadOf) => {
    const rows = await outbox.getAll();
    const payloads = await Promise.all(rows.map(payloadOf));
    // An item and the row behind it come and go in one transaction: there is always a payload.
    return rows.flatMap((row, index): Found[] => {
      const payload = payloads[index];
      return payload ? [{ row, payload }] : [];
    });
  });
  return Promise.all(found.map((each) => toItem(db, each)));
}

/** One that nobody can read any more hides no other, and stands in nobody's way. */
async function toItem(db: TurntapeDatabase, { row, payload }: Found): Promise<OutboxItem> {
  const entry = toEntry(row);
  try {
    return { ...entry, payload: await shown(db, payload) };
  } catch (thrown) {
    if (!isTurntapeError(thrown) || thrown.code !== 'undecryptable') throw thrown;
    return { ...entry, payload: inTheOpen(payload), unreadable: true };
  }
}

async function shown(db: TurntapeDatabase, payload: StoredPayload): Promise<OutboxPayload> {
  if (payload.kind === 'session') return { kind: 'session', session: await showSession(db, payload.session) };
  if (payload.kind !== 'transcript') return payload;
  return { kind: 'transcript', transcript: toTranscriptWire(await showTranscript(db, payload.transcript)) };
}

function inTheOpen(payload: StoredPayload): OutboxPayload {
  if (payload.kind === 'session') return { kind: 'session', session: sessionInTheOpen(payload.session) };
  if (payload.kind !== 'transcript') return payload;
  return { kind: 'transcript', transcript: toTranscriptWire(transcriptInTheOpen(payload.transcript)) };
}

interface OutboxRows {
  get(seq: number): Promise<OutboxRow | undefined>;
  getAll(): Promise<OutboxRow[]>;
}

/** Runs `work` with the rows and what looks up what each stands for, in one transaction. */
function withPayloads<Result>(
  db: TurntapeDatabase,
  work: (outbox: OutboxRows, payloadOf: Lookup) => Promise<Result>,
): Promise<Result> {
  return db.read([...STORES], (tx) =>
    work(tx.objectStore('outbox'), async (row) => {
      if (row.kind === 'session') return { kind: 'session', session: row.session };
      if (row.kind === 'erasure') return { kind: 'erasure', sessionId: row.session_id };
      if (row.kind === 'transcript') {
        const transcript = await tx.objectStore('transcripts').get([row.transcript_id, row.revision]);
        return transcript && { kind: 'transcript', transcript };
      }
      const segment = await tx.objectStore('segments').get(row.segment_id);
      return segment && segment.state !== 'recording'
        ? { kind: 'segment', segment: toSegmentWire(segment) }
        : undefined;
    }),
  );
}

function toEntry(row: OutboxRow): OutboxEntry {
  const { seq = 0, kind, session_id, state, attempts, error, retry_at } = row;
  const id = kind === 'segment' ? row.segment_id : kind === 'transcript' ? row.transcript_id : session_id;
  return {
    seq,
    sessionId: session_id,
    kind,
    id,
    byteSize: (kind === 'segment' && row.byte_size) || 0,
    state,
    attempts,
    error: error ?? undefined,
    retryAt: retry_at ?? undefined,
  };
}
