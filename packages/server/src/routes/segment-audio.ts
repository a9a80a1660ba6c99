import { Readable } from 'node:stream';
import { Hono } from 'hono';
import * as v from 'valibot';
import { formatFacts } from '../audio-format.ts';
import type { BlobStore } from '../blob-store.ts';
import type { Queryable } from '../database.ts';
import { findSegmentFile } from '../stores/playback.ts';
import { audioKey } from '../stores/stored-files.ts';
import { parseByteRange } from '../wire/byte-range.ts';
import { uuid } from '../wire/scalars.ts';
import { WireError } from '../wire/wire-error.ts';

/** `GET /segments/:id/audio`, with ranges. Whatever the bytes are, a browser treats them as audio and nothing else. */
export function segmentAudioRoutes(blobs: BlobStore, database: Queryable): Hono {
  return new Hono().get('/segments/:id/audio', async (c) => {
    const id = v.safeParse(uuid, c.req.param('id'));
    const file = id.success ? await findSegmentFile(database, id.output) : undefined;
    const key = file && audioKey(file, file.format);
    const size = key === undefined ? undefined : await blobs.size(key);
    if (file === undefined || key === undefined || size === undefined)
      throw new WireError('not_found', 'There is no audio under this id.');
    const range = parseByteRange(c.req.header('range'), size);
    if (range === 'unsatisfiable')
      throw new WireError('range_not_satisfiable', `The file has ${size} bytes.`, {
        headers: { 'content-range': `bytes */${size}` },
      });
    const { extension, contentType } = formatFacts(file.format);
    const headers = {
      'content-type': contentType,
      'content-length': String(range === undefined ? size : range.last - range.first + 1),
      'content-disposition': `inline; filename="${file.segment_id}.${extension}"`,
      'content-security-policy': "sandbox; default-src 'none'",
      'cache-control': 'private, no-store',
      'accept-ranges': 'bytes',
      ...(range === undefined ? {} : { 'content-range': `bytes ${range.first}-${range.last}/${size}` }),
    };
    const status = range === undefined ? 200 : 206;
    // Hono answers HEAD with this route too; a file that nobody reads is not opened.
    if (c.req.method === 'HEAD') return c.body(null, status, headers);
    return c.body(Readable.toWeb(blobs.read(key, range)) as ReadableStream, status, headers);
  });
}
