import { Readable } from 'node:stream';
import { Hono } from 'hono';
import type * as v from 'valibot';
import type { AccessEnv } from '../access/access.ts';
import { formatFacts } from '../audio-format.ts';
import { byteSizeOf, endOf, isWithin, readSessionRange, type SessionRange } from '../audio/session-range.ts';
import type { BlobStore } from '../blob-store.ts';
import type { Queryable } from '../database.ts';
import { JobError } from '../jobs/job-runner.ts';
import { failureFacts, type Log } from '../log.ts';
import { listMasters, type Master } from '../stores/derived-files.ts';
import { sessionIdOf } from '../wire/path-id.ts';
import { rangeQuery, readQuery } from '../wire/query.ts';
import { WireError } from '../wire/wire-error.ts';

/** What the route is wired from. */
export interface SessionAudioParts {
  blobs: BlobStore;
  database: Queryable;
  closing: AbortSignal;
  log: Log;
}

/** Stretches that one process makes at a time: each has up to three ffmpegs. */
const MAX_AT_ONCE = 8;
/** When there may be room again, in milliseconds. */
const AGAIN_MS = 2000;
/** Longest stretch, in milliseconds: what a stereo WAV at 48 kHz can count, with room to spare. */
const MAX_RANGE_MS = 6 * 3_600_000;
/** Longest time for one answer, in milliseconds: a reader that has stopped reading lets go. */
const MAX_ANSWER_MS = 30 * 60_000;
/** Of what nobody said a rate, in Hz. */
const SAMPLE_RATE = 48_000;

/**
 * `GET /sessions/:id/audio?speaker=…&from_ms=…&to_ms=…`: a stretch of a session, to the sample, streamed as it is made from the
 * segments. Both speakers as left and right, or one alone.
 */
export function sessionAudioRoutes({ blobs, database, closing, log }: SessionAudioParts): Hono<AccessEnv> {
  let underWay = 0;
  return new Hono<AccessEnv>().get('/sessions/:id/audio', async (c) => {
    const sessionId = sessionIdOf(c, 'read');
    const query = readQuery(rangeQuery, c.req.query());
    const masters = (await listMasters(database, sessionId)).filter(
      ({ speaker }) => query.speaker === undefined || speaker === query.speaker,
    );
    if (masters.length === 0) throw new WireError('not_found', 'There is no such audio.');
    const range = rangeOf(query, masters);
    if (masters.some((master) => master.sealed && isWithin(master, range)))
      throw new WireError('conflict', 'The audio is sealed: only who has the key can read it.');
    const { extension, contentType } = formatFacts(range.format);
    const bytes = byteSizeOf(range);
    const headers = {
      'content-type': contentType,
      'content-disposition': `inline; filename="${sessionId}-${Math.round(range.fromMs)}.${extension}"`,
      'content-security-policy': "sandbox; default-src 'none'",
      'cache-control': 'private, no-store',
      ...(bytes === undefined ? {} : { 'content-length': String(bytes) }),
    };
    if (c.req.method === 'HEAD') return c.body(null, 200, headers);
    if (underWay >= MAX_AT_ONCE)
      throw new WireError('unavailable', 'Too many stretches are made at once.', { retryAfterMs: AGAIN_MS });
    underWay += 1;
    const gone = new AbortController();
    c.env.outgoing.once('close', () => {
      gone.abort();
      underWay -= 1;
    });
    const signal = AbortSignal.any([gone.signal, closing, AbortSignal.timeout(MAX_ANSWER_MS)]);
    const { outgoing } = c.env;
    const pieces = await begun(readSessionRange(blobs, masters, range, signal), (thrown) => {
      if (!gone.signal.aborted) log('error', 'audio_broken_off', failureFacts(thrown));
      // The line is broken: a file that ends too soon would be taken for a whole one.
      outgoing.destroy();
    });
    return c.body(Readable.toWeb(Readable.from(pieces, { objectMode: false })) as ReadableStream, 200, headers);
  });
}

function rangeOf(
  { speaker, from_ms: fromMs, to_ms: asked, format, sample_rate: rate }: v.InferOutput<typeof rangeQuery>,
  masters: readonly Master[],
): SessionRange {
  const toMs = asked ?? endOf(masters);
  if (toMs <= fromMs) throw new WireError('invalid_field', 'to_ms: lies before from_ms', { field: 'to_ms' });
  if (toMs - fromMs > MAX_RANGE_MS)
    throw new WireError('invalid_field', `to_ms: at most ${MAX_RANGE_MS} ms at a time`, { field: 'to_ms' });
  if (format === 'opus' && rate !== undefined && rate !== SAMPLE_RATE)
    throw new WireError('invalid_field', `sample_rate: Opus has ${SAMPLE_RATE}`, { field: 'sample_rate' });
  return { speaker, fromMs, toMs, format, sampleRate: rate ?? SAMPLE_RATE };
}

/** The same, its first sound made: what fails at once is still a refusal. What fails later is told to `onFailure`. */
async function begun(
  pieces: AsyncGenerator<Buffer, void, undefined>,
  onFailure: (thrown: unknown) => void,
): Promise<AsyncGenerator<Buffer, void, undefined>> {
  // Of WAV the first piece is the header, of which nothing can fail.
  const first: Buffer[] = [];
  try {
    while (first.length < 2) {
      const { value, done } = await pieces.next();
      if (done) break;
      first.push(value);
    }
  } catch (thrown) {
    if (thrown instanceof JobError && thrown.code === 'ffmpeg_missing')
      throw new WireError('unavailable', 'This needs ffmpeg, which the server does not have.');
    if (thrown instanceof JobError) throw new WireError('conflict', 'The audio cannot be read.');
    throw thrown;
  }
  return (async function* all() {
    try {
      yield* first;
      yield* pieces;
    } catch (thrown) {
      onFailure(thrown);
    } finally {
      await pieces.return();
    }
  })();
}
