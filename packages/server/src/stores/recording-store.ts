import { isAudioFormat, type AudioFormat } from '../audio-format.ts';
import type { BlobStore } from '../blob-store.ts';
import type { Database, Queryable } from '../database.ts';
import type { ReceivedBody } from '../received-body.ts';
import type { RecordingFacts, RecordingFile } from '../wire/recording.ts';
import { WireError } from '../wire/wire-error.ts';
import { DERIVED_LAYOUTS, type DerivedLayout } from './derived-files.ts';
import { insertInto } from './insert-into.ts';
import type { Stored } from './segment-store.ts';
import { alone, checkQuota, HELD, passGate, refuseHeld, type Quota } from './session-gate.ts';
import { derivedKey, externalFactsKey, externalKey, factsFile } from './stored-files.ts';

/** Proof that a recording is stored. */
export interface RecordingReceipt {
  recording_id: string;
  sha256: string;
  byte_size: number;
  /** Opaque to the client: where the file is. */
  audio_url: string;
}

/** A recording of a session: attached, or made here. */
export interface RecordingRow {
  recording_id: string;
  session_id: string;
  /** `derived`: made from the segments; else who made it. */
  recording_source: string;
  recording_type: 'user' | 'assistant' | 'mixed';
  external_id: string | null;
  format: string;
  status: 'recording' | 'completed' | 'failed';
  sample_rate: number | null;
  num_channels: number | null;
  duration_ms: number | null;
  byte_size: number | null;
  sha256: string | null;
  started_at: Date | null;
  metadata: Record<string, unknown>;
  /** As in the row: a path or an object's URI. */
  audio_url: string;
}

const INSERT = insertInto('session_recordings', {
  recording_id: 'uuid',
  session_id: 'uuid',
  recording_source: 'text',
  recording_type: 'text',
  external_id: 'text',
  file_path: 'text',
  format: 'text',
  status: 'text',
  sample_rate: 'integer',
  num_channels: 'smallint',
  duration_ms: 'float8',
  byte_size: 'bigint',
  sha256: 'text',
  started_at: 'timestamptz',
  metadata: 'jsonb',
});

/** Recordings that were made elsewhere: the file, its facts beside it, then the row. */
export class RecordingStore {
  readonly #database: Database;
  readonly #blobs: BlobStore;

  constructor(database: Database, blobs: BlobStore) {
    this.#database = database;
    this.#blobs = blobs;
  }

  /** Stores a recording durably, or finds that it is there. Other bytes, or another session, under a known id are a conflict. */
  async put(
    sessionId: string,
    facts: RecordingFacts,
    audio: ReceivedBody,
    quota: Quota,
  ): Promise<Stored<RecordingReceipt>> {
    checkProof(facts, audio);
    const { byteSize, sha256 } = audio;
    const file = { ...facts, session_id: sessionId, byte_size: byteSize, sha256 };
    return alone(this.#database, sessionId, async (scope) => {
      await passGate(scope, sessionId);
      const receipt = { recording_id: facts.recording_id, sha256, byte_size: byteSize };
      const known = await findKnown(scope, facts.recording_id);
      if (known !== undefined) {
        if (known.sha256 !== sha256 || known.session_id !== sessionId) throw otherRecording();
        return { isNew: false, receipt: { ...receipt, audio_url: known.file_path } };
      }
      const { rows } = await scope.query<{ segments: number; bytes: number }>(`SELECT * FROM ${HELD} held`, [
        sessionId,
      ]);
      checkQuota(rows[0] ?? { segments: 0, bytes: 0 }, byteSize, quota);
      const key = externalKey(file, file.format);
      await this.#blobs.put([{ key, bytes: audio }, factsFile(externalFactsKey(file), file)]);
      if (await insertRecording(scope, this.#blobs, file))
        return { isNew: true, receipt: { ...receipt, audio_url: this.#blobs.url(key) } };
      // The id is another session's, which wrote its row while we wrote our files.
      await this.#blobs.remove([key, externalFactsKey(file)]);
      throw otherRecording();
    });
  }

  /** Deletes an attached recording, of this session only unless it is null. False: there is none. */
  async remove(recordingId: string, sessionId: string | null): Promise<boolean> {
    const found = await findRecordingFile(this.#database, recordingId, sessionId);
    if (found === undefined || found.source === 'derived') return false;
    return alone(this.#database, found.session_id, async (scope) => {
      await refuseHeld(scope, found.session_id);
      const name = { session_id: found.session_id, recording_id: recordingId };
      // Facts last: as long as they are there, `reindex` tells of it.
      await this.#blobs.remove([found.key, externalFactsKey(name)]);
      await scope.query('DELETE FROM session_recordings WHERE recording_id = $1::uuid', [recordingId]);
      return true;
    });
  }
}

/** Writes the row of a recording whose files are stored. False: it is there. */
export async function insertRecording(scope: Queryable, blobs: BlobStore, file: RecordingFile): Promise<boolean> {
  await scope.query('INSERT INTO sessions (session_id, event_id) VALUES ($1::uuid, NULL) ON CONFLICT DO NOTHING', [
    file.session_id,
  ]);
  const { rows } = await scope.query(
    `${INSERT.text} ON CONFLICT (recording_id) DO NOTHING RETURNING recording_id`,
    INSERT.params({ ...file, file_path: blobs.url(externalKey(file, file.format)), status: 'completed' }),
  );
  return rows.length > 0;
}

/** Everything that was recorded of a whole session, attached or made here. */
export async function listRecordings(scope: Queryable, sessionId: string): Promise<RecordingRow[]> {
  const { rows } = await scope.query<RecordingRow>(
    `SELECT recording_id, session_id, recording_source, recording_type, external_id, format, status, sample_rate,
            num_channels, duration_ms,
            byte_size::float8 AS byte_size, sha256, started_at, metadata, file_path AS audio_url
       FROM session_recordings WHERE session_id = $1::uuid AND recording_id IS NOT NULL
      ORDER BY created_at, recording_id`,
    [sessionId],
  );
  return rows;
}

/** Where the file of a recording is. */
export interface RecordingFileFound {
  session_id: string;
  source: string;
  format: AudioFormat;
  key: string;
  /** When it is saved, without extension. */
  name: string;
}

/** The file of a recording, of this session only unless it is null. */
export async function findRecordingFile(
  scope: Queryable,
  recordingId: string,
  sessionId: string | null,
): Promise<RecordingFileFound | undefined> {
  const { rows } = await scope.query<{
    session_id: string;
    recording_source: string;
    layout: string | null;
    format: string;
  }>(
    `SELECT session_id, recording_source, layout, format FROM session_recordings
      WHERE recording_id = $1::uuid AND status = 'completed' AND ($2::uuid IS NULL OR session_id = $2::uuid)`,
    [recordingId, sessionId],
  );
  const row = rows[0];
  if (row === undefined || !isAudioFormat(row.format)) return undefined;
  const { session_id, recording_source: source, layout, format } = row;
  const found = { session_id, source, format };
  if (source !== 'derived')
    return { ...found, key: externalKey({ session_id, recording_id: recordingId }, format), name: recordingId };
  if (!isLayout(layout)) return undefined;
  return { ...found, key: derivedKey(session_id, layout, format), name: `${session_id}-${layout}` };
}

const isLayout = (word: string | null): word is DerivedLayout => DERIVED_LAYOUTS.some((layout) => layout === word);

async function findKnown(scope: Queryable, recordingId: string) {
  const { rows } = await scope.query<{ session_id: string; sha256: string | null; file_path: string }>(
    'SELECT session_id, sha256, file_path FROM session_recordings WHERE recording_id = $1::uuid',
    [recordingId],
  );
  return rows[0];
}

function checkProof(facts: RecordingFacts, { byteSize, sha256 }: ReceivedBody): void {
  if (facts.byte_size !== null && facts.byte_size !== byteSize)
    throw new WireError('size_mismatch', `byte_size: ${byteSize} bytes of audio came`, { field: 'byte_size' });
  if (facts.sha256 !== null && facts.sha256 !== sha256)
    throw new WireError('hash_mismatch', `sha256: the audio that came has ${sha256}`, { field: 'sha256' });
}

function otherRecording(): WireError {
  return new WireError('conflict', 'recording_id: another recording is stored under this id', {
    field: 'recording_id',
  });
}
