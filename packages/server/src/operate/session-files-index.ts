import { createHash } from 'node:crypto';
import type { Readable } from 'node:stream';
import * as v from 'valibot';
import type { BlobStore, StoredBlob } from '../blob-store.ts';
import type { Scope } from '../database.ts';
import { insertRecording } from '../stores/recording-store.ts';
import { removeSegment } from '../stores/removal.ts';
import { insertSegment } from '../stores/segment-store.ts';
import { controlFileSchema, insertControl } from '../stores/session-control.ts';
import { insertSession } from '../stores/session-store.ts';
import { audioKeyIn } from '../stores/key-template.ts';
import { audioKey, controlKey, externalKey, segmentFactsKey, sessionFactsKey } from '../stores/stored-files.ts';
import { insertRevision, insertTranscript } from '../stores/transcript-store.ts';
import { recordingFileSchema } from '../wire/recording.ts';
import { wholeNumber } from '../wire/scalars.ts';
import { segmentSchema, type SegmentFacts } from '../wire/segment.ts';
import { sessionSchema } from '../wire/session.ts';
import { transcriptSchema } from '../wire/transcript.ts';
import type { ReindexReport } from './reindex.ts';

const revisionSchema = v.looseObject({
  revisions: v.optional(v.array(v.looseObject({ revision: wholeNumber(1) })), []),
});

/** One session's files on their way into the tables. */
export class SessionFiles {
  readonly #scope: Scope;
  readonly #blobs: BlobStore;
  readonly #sessionId: string;
  readonly #files: ReadonlyMap<string, StoredBlob>;
  readonly #report: ReindexReport;
  readonly #verify: boolean;

  constructor(
    scope: Scope,
    blobs: BlobStore,
    sessionId: string,
    files: ReadonlyMap<string, StoredBlob>,
    report: ReindexReport,
    verify: boolean,
  ) {
    this.#scope = scope;
    this.#blobs = blobs;
    this.#sessionId = sessionId;
    this.#files = files;
    this.#report = report;
    this.#verify = verify;
  }

  async index(sinceMs: number): Promise<void> {
    const session = await this.#read(sessionFactsKey(this.#sessionId), sessionSchema);
    if (session !== undefined && (await insertSession(this.#scope, session))) this.#report.added.sessions += 1;
    const control = await this.#read(controlKey(this.#sessionId), controlFileSchema);
    if (control !== undefined) await insertControl(this.#scope, control);
    const prefix = `recordings/${this.#sessionId}/`;
    const segments: SegmentFacts[] = [];
    for (const { key, modifiedAtMs } of this.#files.values()) {
      const name = key.slice(prefix.length);
      if (modifiedAtMs < sinceMs) continue;
      if (name.startsWith('transcripts/')) await this.#transcript(key);
      else if (/^external\/[0-9a-f-]{36}\.json$/.test(name)) await this.#recording(key);
      else if (/^[0-9a-f-]{36}\.json$/.test(name)) {
        const facts = await this.#read(key, segmentSchema);
        if (facts !== undefined) segments.push(facts);
      } else if (/^(external\/)?[0-9a-f-]{36}\.\w+$/.test(name) && !this.#files.has(key.replace(/\.\w+$/, '.json')))
        this.#report.orphans.push(key);
    }
    const replaced = new Set(segments.map(({ replaces }) => replaces));
    for (const facts of segments) if (!replaced.has(facts.segment_id)) await this.#segment(facts);
    for (const facts of segments) {
      if (facts.replaces === null) continue;
      const old = segments.find(({ segment_id: id }) => id === facts.replaces);
      // Its row says where its audio lies, and under a hold that it is kept.
      if (old !== undefined && (await this.#sizeOf(audioKeyIn(old))) !== undefined) await this.#insert(old);
      await this.#removeReplaced(facts.replaces, facts.segment_id, control?.legal_hold);
    }
  }

  async #recording(factsKey: string): Promise<void> {
    const facts = await this.#read(factsKey, recordingFileSchema);
    if (facts === undefined || !(await this.#isWhole(externalKey(facts, facts.format), facts))) return;
    if (await insertRecording(this.#scope, this.#blobs, facts)) this.#report.added.recordings += 1;
  }

  /** Whether the audio is what its facts say; told in the report when it is not. */
  async #isWhole(key: string, facts: { byte_size: number; sha256: string }): Promise<boolean> {
    if ((await this.#sizeOf(key)) !== facts.byte_size) {
      this.#report.missing.push(key);
      return false;
    }
    if (this.#verify && (await hashOf(this.#blobs.read(key))) !== facts.sha256) {
      this.#report.damaged.push(key);
      return false;
    }
    return true;
  }

  async #sizeOf(key: string): Promise<number | undefined> {
    // Laid out in another way it is not in the session's own folder.
    return this.#files.get(key)?.byteSize ?? this.#blobs.size(key);
  }

  async #segment(facts: SegmentFacts): Promise<void> {
    if (facts.byte_size > 0 && !(await this.#isWhole(audioKeyIn(facts), facts))) return;
    if (await this.#insert(facts)) this.#report.added.segments += 1;
  }

  /** Writes the row. False: it is there. */
  #insert(facts: SegmentFacts): Promise<boolean> {
    const key = audioKeyIn(facts);
    const audioUrl = facts.byte_size === 0 ? '' : this.#blobs.url(key);
    const ownKey = facts.byte_size === 0 || key === audioKey(facts, facts.format) ? null : key;
    return insertSegment(this.#scope, { ...facts, audio_url: audioUrl, audio_key: ownKey });
  }

  async #removeReplaced(segmentId: string, replacedBy: string, legalHold = false): Promise<void> {
    const segment = { session_id: this.#sessionId, segment_id: segmentId };
    if (this.#files.has(segmentFactsKey(segment)) && !legalHold) this.#report.removed += 1;
    await removeSegment(this.#scope, this.#blobs, segment, { replacedBy, legalHold });
  }

  async #transcript(key: string): Promise<void> {
    const text = await readText(this.#blobs.read(key));
    const facts = this.#parse(key, text, transcriptSchema);
    const revisions = this.#parse(key, text, revisionSchema)?.revisions ?? [];
    if (facts === undefined) return;
    const { rows } = await this.#scope.query(
      'SELECT 1 FROM session_transcripts WHERE session_id = $1::uuid AND transcript_id = $2',
      [this.#sessionId, facts.transcript_id],
    );
    await insertTranscript(this.#scope, facts);
    for (const earlier of revisions) {
      const read = v.safeParse(transcriptSchema, { ...facts, ...earlier });
      if (read.success) await insertRevision(this.#scope, read.output);
    }
    if (rows.length === 0) this.#report.added.transcripts += 1;
  }

  async #read<const Schema extends v.GenericSchema>(
    key: string,
    schema: Schema,
  ): Promise<v.InferOutput<Schema> | undefined> {
    return this.#files.has(key) ? this.#parse(key, await readText(this.#blobs.read(key)), schema) : undefined;
  }

  #parse<const Schema extends v.GenericSchema>(
    key: string,
    text: string,
    schema: Schema,
  ): v.InferOutput<Schema> | undefined {
    const read = v.safeParse(v.pipe(v.string(), v.parseJson(), schema), text);
    if (read.success) return read.output;
    this.#report.unreadable.push(key);
    return undefined;
  }
}

async function readText(stream: Readable): Promise<string> {
  return Buffer.concat((await stream.toArray()) as Buffer[]).toString('utf8');
}

async function hashOf(stream: Readable): Promise<string> {
  const hash = createHash('sha256');
  for await (const piece of stream) hash.update(piece as Buffer);
  return hash.digest('hex');
}
