import { TurntapeError } from '../core/errors.ts';
import type { SessionWire } from '../core/wire.ts';
import type { TurntapeDatabase } from './database.ts';
import { type RecordPlace, decryptRecord, encryptRecord } from './record-cipher.ts';
import type { Hidden, KeptTranscript, SessionRow, TranscriptRow } from './rows.ts';

/**
 * What a session says in words: of a transcript its text, of the session what the app wrote down of it and who consented.
 * With a key of its session it lies in its row as one encrypted record, and in the open there is nothing of it. As with audio,
 * a cipher works before a transaction or behind it.
 */

/** Fields of a session that say something in words. */
export const SESSION_WORDS = ['metadata', 'consent'] as const satisfies (keyof SessionWire)[];
/** Fields of a transcript that do. */
export const TRANSCRIPT_WORDS = ['text', 'language', 'words', 'heard_text'] as const satisfies (keyof KeptTranscript)[];

const ofSession = (sessionId: string): RecordPlace => ({ segmentId: sessionId, kind: 'session', index: 0 });
const ofTranscript = ({ transcript_id, revision }: Pick<TranscriptRow, 'transcript_id' | 'revision'>): RecordPlace => ({
  segmentId: transcript_id,
  kind: 'transcript',
  index: revision,
});

/** The key under which a session's words are kept; undefined: they are kept in the open. */
export async function wordsKey(db: TurntapeDatabase, sessionId: string): Promise<CryptoKey | undefined> {
  return (await db.read(['keys'], (tx) => tx.objectStore('keys').get(sessionId)))?.key;
}

/** A session's facts as they are to be stored. */
export function hideSession(session: SessionWire, key: CryptoKey | undefined): Promise<SessionRow> {
  return hide(session, SESSION_WORDS, ofSession(session.session_id), key);
}

/**
 * A session's facts as they were given.
 * @throws TurntapeError `undecryptable`: their key is not here, or is another.
 */
export function showSession(db: TurntapeDatabase, row: SessionRow): Promise<SessionWire> {
  return show<SessionWire, 'metadata' | 'consent'>(db, row, ofSession(row.session_id));
}

/** What of a session's facts lies in the open, when nobody can read the rest. */
export function sessionInTheOpen(row: SessionRow): SessionWire {
  const { secret: _secret, ...open } = row;
  return { metadata: {}, consent: null, ...open };
}

/** A transcript as it is to be stored. */
export function hideTranscript(transcript: KeptTranscript, key: CryptoKey | undefined): Promise<TranscriptRow> {
  return hide(transcript, TRANSCRIPT_WORDS, ofTranscript(transcript), key);
}

/**
 * A transcript as it was given.
 * @throws TurntapeError `undecryptable`: its session's key is not here, or is another.
 */
export function showTranscript(db: TurntapeDatabase, row: TranscriptRow): Promise<KeptTranscript> {
  return show<KeptTranscript, (typeof TRANSCRIPT_WORDS)[number]>(db, row, ofTranscript(row));
}

/** What of a transcript lies in the open, when nobody can read the rest. */
export function transcriptInTheOpen(row: TranscriptRow): KeptTranscript {
  const { secret: _secret, ...open } = row;
  return { text: '', language: null, words: null, heard_text: null, ...open };
}

async function hide<Facts extends object, Names extends keyof Facts>(
  facts: Facts,
  names: readonly Names[],
  place: RecordPlace,
  key: CryptoKey | undefined,
): Promise<Hidden<Facts, Names>> {
  if (!key) return facts;
  const open: Partial<Facts> = { ...facts };
  for (const name of names) delete open[name];
  const words = Object.fromEntries(names.map((name) => [name, facts[name]]));
  const { buffer } = new TextEncoder().encode(JSON.stringify(words));
  return { ...(open as Omit<Facts, Names>), secret: await encryptRecord(key, place, buffer) };
}

async function show<Facts extends { session_id: string }, Names extends keyof Facts>(
  db: TurntapeDatabase,
  row: Hidden<Facts, Names>,
  place: RecordPlace,
): Promise<Facts> {
  const { secret, ...open } = row as { secret?: ArrayBuffer; session_id: string };
  if (!secret) return open as unknown as Facts;
  const key = await wordsKey(db, open.session_id);
  if (!key)
    throw new TurntapeError('undecryptable', `the key of session ${open.session_id} is not on this device`, {
      field: 'session_id',
    });
  const words: unknown = JSON.parse(new TextDecoder().decode(await decryptRecord(key, place, secret)));
  return { ...open, ...(words as object) } as unknown as Facts;
}
