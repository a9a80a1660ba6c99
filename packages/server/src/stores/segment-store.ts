import { createHash } from 'node:crypto';
import type { BlobStore } from '../blob-store.ts';
import type { Database } from '../database.ts';
import { OneAtATime } from '../one-at-a-time.ts';
import type { SegmentFacts } from '../wire/segment.ts';
import { WireError } from '../wire/wire-error.ts';
import { bindTranscripts } from './binding.ts';
import { insertInto } from './insert-into.ts';
import { audioKey, factsFile, segmentFactsKey } from './stored-files.ts';

/** Proof that a segment is stored. The same for the first post and for every repeat. */
export interface SegmentReceipt {
  segment_id: string;
  sha256: string;
  byte_size: number;
  /** Opaque to the client: where the file is. Empty for a segment without audio. */
  audio_url: string;
}

/** What became of a post. */
export interface Stored<Receipt> {
  /** False: it was there already. */
  isNew: boolean;
  receipt: Receipt;
}

const INSERT = insertInto('session_audio_segments', {
  segment_id: 'uuid',
  session_id: 'uuid',
  turn_id: 'uuid',
  part: 'integer',
  is_last: 'boolean',
  speaker: 'text',
  utterance_ids: 'jsonb',
  external_id: 'text',
  overlaps_turn_id: 'uuid',
  replaces: 'uuid',
  audio_url: 'text',
  format: 'text',
  sample_rate: 'integer',
  input_sample_rate: 'integer',
  num_channels: 'smallint',
  duration_ms: 'float8',
  byte_size: 'bigint',
  sha256: 'text',
  started_at: 'timestamptz',
  ended_at: 'timestamptz',
  sent_at: 'timestamptz',
  clock_epoch: 'integer',
  clock_rate: 'integer',
  start_frame: 'bigint',
  end_frame: 'bigint',
  interrupted: 'boolean',
  interruption_cause: 'text',
  end_reason: 'text',
  rendered_ms: 'float8',
  heard_ms: 'float8',
  generated_ms: 'float8',
  speech_onset_ms: 'float8',
  response_latency_ms: 'float8',
  gaps: 'jsonb',
  marks: 'jsonb',
  input_latency_ms: 'float8',
  output_latency_ms: 'float8',
  capture: 'jsonb',
  schema: 'integer',
});

/** Segments: the file, its facts beside it, then the row. */
export class SegmentStore {
  readonly #database: Database;
  readonly #blobs: BlobStore;
  readonly #posts = new OneAtATime();

  constructor(database: Database, blobs: BlobStore) {
    this.#database = database;
    this.#blobs = blobs;
  }

  /**
   * Stores a segment durably, or finds that it is there. Other bytes, or another session, under a known id are a
   * conflict. `audio` is undefined for a turn that was never heard.
   */
  async put(facts: SegmentFacts, audio: Uint8Array | undefined): Promise<Stored<SegmentReceipt>> {
    const sha256 = checkProof(facts, audio);
    return this.#posts.run(facts.segment_id, async () => {
      const known = await this.#repeat(facts, sha256);
      if (known !== undefined) return { isNew: false, receipt: known };
      const key = audioKey(facts, facts.format);
      await this.#blobs.put([
        ...(audio === undefined ? [] : [{ key, bytes: audio }]),
        factsFile(segmentFactsKey(facts), { ...facts, transcript: undefined, sha256 }),
      ]);
      const audioUrl = audio === undefined ? '' : this.#blobs.url(key);
      const isNew = await this.#insert({ ...facts, sha256, audio_url: audioUrl });
      // Another process stored it between our look and our row.
      const receipt = isNew ? receiptOf(facts, sha256, audioUrl) : await this.#repeat(facts, sha256);
      if (receipt === undefined) throw new Error('A segment was neither stored nor found.');
      return { isNew, receipt };
    });
  }

  #insert(row: SegmentFacts & { audio_url: string }): Promise<boolean> {
    return this.#database.transaction(async (transaction) => {
      const { rows } = await transaction.query(
        `${INSERT.text} ON CONFLICT (segment_id) DO NOTHING RETURNING id`,
        INSERT.params(row),
      );
      if (row.external_id !== null)
        await bindTranscripts(transaction, row.session_id, row.external_id, row.speaker, row.turn_id);
      return rows.length > 0;
    });
  }

  /** The receipt of the segment if these bytes are there; a conflict if others are. */
  async #repeat(facts: SegmentFacts, sha256: string): Promise<SegmentReceipt | undefined> {
    const { rows } = await this.#database.query<{ session_id: string; sha256: string; audio_url: string }>(
      'SELECT session_id, sha256, audio_url FROM session_audio_segments WHERE segment_id = $1::uuid',
      [facts.segment_id],
    );
    const row = rows[0];
    if (row === undefined) return undefined;
    if (row.sha256 !== sha256 || row.session_id !== facts.session_id)
      throw new WireError('conflict', 'segment_id: another segment is stored under this id', { field: 'segment_id' });
    return receiptOf(facts, sha256, row.audio_url);
  }
}

/** The hash of the bytes that came; refused when the client's own differs: something changed on the way. */
function checkProof(facts: SegmentFacts, audio: Uint8Array | undefined): string {
  const byteSize = audio?.byteLength ?? 0;
  if (facts.byte_size !== byteSize)
    throw new WireError('size_mismatch', `byte_size: ${byteSize} bytes of audio came`, { field: 'byte_size' });
  if (audio === undefined && facts.sha256 === '') return '';
  const sha256 = createHash('sha256')
    .update(audio ?? '')
    .digest('hex');
  if (facts.sha256 !== sha256)
    throw new WireError('hash_mismatch', `sha256: the audio that came has ${sha256}`, { field: 'sha256' });
  return sha256;
}

function receiptOf(facts: SegmentFacts, sha256: string, audioUrl: string): SegmentReceipt {
  return { segment_id: facts.segment_id, sha256, byte_size: facts.byte_size, audio_url: audioUrl };
}
