import { makeZip } from 'client-zip';
import type { FileRequest } from '../../core/messages/page-engine.ts';
import { sessionFileToWire } from '../../core/wire.ts';
import type { TurntapeDatabase } from '../../storage/database.ts';
import { type KeptSegmentRow, toSegmentWire, toTranscriptWire } from '../../storage/rows.ts';
import { listSegments, readAudio } from '../../storage/segments.ts';
import { readSession } from '../../storage/sessions.ts';
import { listTranscripts } from '../../storage/transcripts.ts';
import type { FileBytes } from './encode-file.ts';
import { type SessionFileReading, readSessionFileAs } from './session-files.ts';

/** A file in the zip. */
interface Entry {
  name: string;
  lastModified: Date;
  input: string | ArrayBuffer | ReadableStream<Uint8Array>;
}

/**
 * A session as one zip: `session.json` first, then the file of each segment, then the session file, when one was kept.
 * Nothing is compressed: audio is already. Each file is read when its turn comes, so that an hour needs no room.
 * @throws TurntapeError as `readSessionFileAs`.
 */
export async function readBundle(db: TurntapeDatabase, request: FileRequest): Promise<SessionFileReading> {
  const whole = await readSessionFileAs(db, request);
  return { facts: whole.facts, bytes: pieces(makeZip(entries(db, request, whole))) };
}

async function* entries(
  db: TurntapeDatabase,
  { sessionId, format }: FileRequest,
  { facts, bytes }: SessionFileReading,
): AsyncGenerator<Entry> {
  const session = await readSession(db, sessionId);
  const segments = await listSegments(db, sessionId);
  const transcripts = await listTranscripts(db, sessionId);
  const lastModified = new Date(session?.ended_at ?? session?.started_at ?? facts.startedAt);
  const kept = facts.betweenTurns === 'recorded';
  const about = {
    schema: 1,
    session,
    segments: segments.map((row, index) => ({ ...toSegmentWire(row), file: fileOf(row, index) })),
    transcripts: transcripts.map(toTranscriptWire),
    session_file: kept ? { ...sessionFileToWire(facts), file: `session.${format}` } : null,
  };
  yield { name: 'session.json', lastModified, input: `${JSON.stringify(about, null, 2)}\n` };
  for (const [index, row] of segments.entries()) {
    const audio = await readAudio(db, row.segment_id);
    if (audio) yield { name: nameOf(row, index), lastModified: new Date(row.started_at), input: audio };
  }
  if (kept) yield { name: `session.${format}`, lastModified, input: streamOf(bytes) };
}

/** Null: a turn that was never heard has no file. */
function fileOf(row: KeptSegmentRow, index: number): string | null {
  return row.byte_size > 0 ? nameOf(row, index) : null;
}

/** In the order of the timeline, by name, too. */
function nameOf({ speaker, segment_id, format }: KeptSegmentRow, index: number): string {
  return `segments/${String(index + 1).padStart(4, '0')}-${speaker}-${segment_id}.${format}`;
}

function streamOf(bytes: FileBytes): ReadableStream<Uint8Array> {
  return new ReadableStream({
    async pull(controller) {
      const { value, done } = await bytes.next();
      if (done) controller.close();
      else controller.enqueue(value);
    },
    cancel: async () => void (await bytes.return()),
  });
}

async function* pieces(stream: ReadableStream<Uint8Array>): FileBytes {
  const reader = stream.getReader();
  try {
    for (let next = await reader.read(); !next.done; next = await reader.read()) yield next.value;
  } finally {
    await reader.cancel();
  }
}
