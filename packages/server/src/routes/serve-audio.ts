import { Readable } from 'node:stream';
import type { Context } from 'hono';
import { formatFacts, type AudioFormat } from '../audio-format.ts';
import type { BlobStore } from '../blob-store.ts';
import type { Metrics } from '../operate/metrics.ts';
import { parseByteRange } from '../wire/byte-range.ts';
import { WireError } from '../wire/wire-error.ts';

/** A stored file to be played. */
export interface AudioFile {
  key: string;
  format: AudioFormat;
  /** Of the file when it is saved, without extension. */
  name: string;
}

/** Where files come from, and who is told of the bytes that left. */
export interface AudioSource {
  blobs: BlobStore;
  metrics: Pick<Metrics, 'bytesPlayed'>;
}

/** Answers with the file, whole or by range. Whatever the bytes are, a browser treats them as audio and nothing else. */
export async function serveAudio(
  c: Context,
  { blobs, metrics }: AudioSource,
  file: AudioFile | undefined,
): Promise<Response> {
  const size = file === undefined ? undefined : await blobs.size(file.key);
  if (file === undefined || size === undefined) throw new WireError('not_found', 'There is no audio under this id.');
  const range = parseByteRange(c.req.header('range'), size);
  if (range === 'unsatisfiable')
    throw new WireError('range_not_satisfiable', `The file has ${size} bytes.`, {
      headers: { 'content-range': `bytes */${size}` },
    });
  const { extension, contentType } = formatFacts(file.format);
  const headers = {
    'content-type': contentType,
    'content-length': String(range === undefined ? size : range.last - range.first + 1),
    'content-disposition': `inline; filename="${file.name}.${extension}"`,
    'content-security-policy': "sandbox; default-src 'none'",
    'cache-control': 'private, no-store',
    'accept-ranges': 'bytes',
    ...(range === undefined ? {} : { 'content-range': `bytes ${range.first}-${range.last}/${size}` }),
  };
  const status = range === undefined ? 200 : 206;
  // Hono answers HEAD with this route too; a file that nobody reads is not opened.
  if (c.req.method === 'HEAD') return c.body(null, status, headers);
  const sent = counted(blobs.read(file.key, range), (bytes) => metrics.bytesPlayed.inc(bytes));
  return c.body(Readable.toWeb(Readable.from(sent, { objectMode: false })) as ReadableStream, status, headers);
}

/** Told of each piece as it is asked for: who stops listening is not sent the rest. */
async function* counted(file: Readable, tell: (bytes: number) => void): AsyncGenerator<Buffer> {
  for await (const piece of file as AsyncIterable<Buffer>) {
    tell(piece.byteLength);
    yield piece;
  }
}
