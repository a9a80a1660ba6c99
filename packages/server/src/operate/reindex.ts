import type { Readable } from 'node:stream';
import { createHash } from 'node:crypto';
import * as v from 'valibot';
import type { BlobStore, StoredBlob } from '../blob-store.ts';
import type { Database, Scope } from '../database.ts';
import type { Log } from '../log.ts';
import { finishErasure } from '../stores/erasure.ts';
import { removeSegment } from '../stores/removal.ts';
import { insertSegment } from '../stores/segment-store.ts';
import { controlFileSchema, insertControl } from '../stores/session-control.ts';
import { alone } from '../stores/session-gate.ts';
import { insertSession } from '../stores/session-store.ts';
import { audioKey, controlKey, segmentFactsKey, sessionFactsKey } from '../stores/stored-files.ts';
import { insertRevision, insertTranscript } from '../stores/transcript-store.ts';
import { uuid, wholeNumber } from '../wire/scalars.ts';
import { segmentSchema, type SegmentFacts } from '../wire/segment.ts';
import { sessionSchema } from '../wire/session.ts';
import { transcriptSchema } from '../wire/transcript.ts';

/** What was found in the files, and what was made of it. */
export interface ReindexReport {
  sessions: number;
  /** Rows that were not there before. */
  added: { sessions: number; segments: number; transcripts: number };
  /** Replaced or erased ones whose files were still there, deleted now. */
  removed: number;
  /** Audio without facts: it was never acknowledged. Keys. */
  orphans: string[];
  /** Facts whose audio is not there, or has another size. Keys. */
  missing: string[];
  /** Audio with another hash than its facts say; only with `verify`. Keys. */
  damaged: string[];
  /** Facts that cannot be read. Keys. */
  unreadable: string[];
}

/** How the files are gone through. */
export interface ReindexOptions {
  /** Only facts written since then, in milliseconds since 1970. Default: all. */
  sinceMs?: number;
  /** Reads every audio file and compares its hash. */
  verify?: boolean;
}

const revisionSchema = v.looseObject({
  revisions: v.optional(v.array(v.looseObject({ revision: wholeNumber(1) })), []),
});

/** Makes the rows again from the files. What is there already stays as it is; asking twice changes nothing. */
export async function reindex(
  database: Database,
  blobs: BlobStore,
  { sinceMs = 0, verify = false }: ReindexOptions = {},
): Promise<ReindexReport> {
  const report: ReindexReport = {
    sessions: 0,
    added: { sessions: 0, segments: 0, transcripts: 0 },
    removed: 0,
    orphans: [],
    missing: [],
    damaged: [],
    unreadable: [],
  };
  await rememberErased(database, blobs);
  for await (const { sessionId, files } of sessionFiles(blobs)) {
    if (![...files.values()].some(({ modifiedAtMs }) => modifiedAtMs >= sinceMs)) continue;
    report.sessions += 1;
    const { rows } = await database.query('SELECT 1 FROM deleted_sessions WHERE session_id = $1::uuid', [sessionId]);
    if (rows.length > 0) report.removed += (await finishErasure(database, blobs, sessionId)).files;
    else
      await alone(database, sessionId, (scope) =>
        new SessionFiles(scope, blobs, sessionId, files, report, verify).index(sinceMs),
      );
  }
  return report;
}

/** Says in the log what a {@link ReindexReport} holds, without a name of a file's content. */
export function logReindex(log: Log, event: string, report: ReindexReport): void {
  const { sessions, added, removed, orphans, missing, damaged, unreadable } = report;
  log(missing.length + damaged.length + unreadable.length > 0 ? 'error' : 'info', event, {
    sessions,
    added_sessions: added.sessions,
    added_segments: added.segments,
    added_transcripts: added.transcripts,
    removed,
    orphans: orphans.length,
    missing: missing.length,
    damaged: damaged.length,
    unreadable: unreadable.length,
  });
}

async function rememberErased(database: Database, blobs: BlobStore): Promise<void> {
  for await (const { key } of blobs.list('erased/')) {
    const id = v.safeParse(uuid, key.slice('erased/'.length, -'.json'.length));
    if (!id.success) continue;
    await database.query(
      `INSERT INTO deleted_sessions (session_id, cause) VALUES ($1::uuid, 'request') ON CONFLICT DO NOTHING`,
      [id.output],
    );
  }
}

/** Files of one session after another; a store lists those of one folder together. */
async function* sessionFiles(
  blobs: BlobStore,
): AsyncGenerator<{ sessionId: string; files: ReadonlyMap<string, StoredBlob> }> {
  let sessionId: string | undefined;
  let files = new Map<string, StoredBlob>();
  for await (const file of blobs.list('recordings/')) {
    const id = v.safeParse(uuid, file.key.split('/')[1]);
    if (!id.success) continue;
    if (sessionId !== undefined && id.output !== sessionId) {
      yield { sessionId, files };
      files = new Map();
    }
    sessionId = id.output;
    files.set(file.key, file);
  }
  if (sessionId !== undefined) yield { sessionId, files };
}

/** One session's files on their way into the tables. */
class SessionFiles {
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
      else if (/^[0-9a-f-]{36}\.json$/.test(name)) {
        const facts = await this.#read(key, segmentSchema);
        if (facts !== undefined) segments.push(facts);
      } else if (/^[0-9a-f-]{36}\.\w+$/.test(name) && !this.#files.has(key.replace(/\.\w+$/, '.json')))
        this.#report.orphans.push(key);
    }
    const replaced = new Set(segments.map(({ replaces }) => replaces));
    for (const facts of segments) if (!replaced.has(facts.segment_id)) await this.#segment(facts);
    for (const facts of segments)
      if (facts.replaces !== null) await this.#removeReplaced(facts.replaces, facts.segment_id, control?.legal_hold);
  }

  async #segment(facts: SegmentFacts): Promise<void> {
    const key = audioKey(facts, facts.format);
    const file = this.#files.get(key);
    if (facts.byte_size > 0 && file?.byteSize !== facts.byte_size) {
      this.#report.missing.push(key);
      return;
    }
    if (this.#verify && facts.byte_size > 0 && (await hashOf(this.#blobs.read(key))) !== facts.sha256) {
      this.#report.damaged.push(key);
      return;
    }
    const audioUrl = facts.byte_size === 0 ? '' : this.#blobs.url(key);
    if (await insertSegment(this.#scope, { ...facts, audio_url: audioUrl })) this.#report.added.segments += 1;
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
