import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { AwsClient } from 'aws4fetch';
import { contentTypeOf } from './audio-format.ts';
import { StoreError, type Blob, type BlobStore, type ByteRange, type StoredBlob } from './blob-store.ts';
import { parseObjectList } from './s3-list.ts';

/** Where objects go and who we are there. */
export interface S3Options {
  bucket: string;
  /** Before every key, without slashes at its ends; may be empty. */
  prefix: string;
  /** `https://s3.eu-central-1.amazonaws.com`, `https://storage.googleapis.com`, `http://127.0.0.1:7480`. */
  endpoint: string;
  region: string;
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken?: string | undefined;
  /** `AES256` or `aws:kms`: what the store is told to encrypt with. Default: what the bucket says. */
  encryption?: string | undefined;
}

/**
 * The store may take this long to answer, in milliseconds, and this long to bring the next piece of a file that is waited for; after
 * that the client is told to come back, without another try: a session's lock and its connection are held meanwhile.
 */
const ANSWER_MS = 20_000;
/** The slowest store that a file is given time for, when it is put there: a session file of an hour may have 512 MiB. */
const BYTES_PER_SECOND = 2 ** 20;
/** Tries of one request before the client is told to come back: a store's passing 503 is no reason to. */
const TRIES = 3;
/** First pause between two tries, in milliseconds; doubled each time, with jitter. */
const PAUSE_MS = 100;
/** Objects deleted at a time. */
const DELETES_AT_ONCE = 8;

/**
 * A {@link BlobStore} in a bucket of any S3-compatible store, addressed by path. Five calls are all that is needed: put,
 * head, get, delete, list. The hash of every body is signed, so that a damaged one is refused.
 */
export function openS3Store(options: S3Options): BlobStore {
  const { bucket, prefix, endpoint, region, accessKeyId, secretAccessKey, sessionToken, encryption } = options;
  const client = new AwsClient({
    accessKeyId,
    secretAccessKey,
    ...(sessionToken === undefined ? {} : { sessionToken }),
    service: 's3',
    region,
    retries: 0,
  });
  const base = `${endpoint.replace(/\/$/, '')}/${encodeURIComponent(bucket)}`;
  const full = (key: string) => (prefix === '' ? key : `${prefix}/${key}`);
  const address = (key: string) => `${base}/${full(key).split('/').map(encodeURIComponent).join('/')}`;
  const ask: Ask = (method, url, init = {}, body) => {
    const limitMs = ANSWER_MS + ((body?.byteSize ?? 0) / BYTES_PER_SECOND) * 1000;
    return request(client, limitMs, method, url, { init, body: body?.of });
  };

  async function putOne({ key, bytes, contentType = contentTypeOf(key) }: Blob): Promise<void> {
    const isInMemory = bytes instanceof Uint8Array;
    const headers: Record<string, string> = {
      'content-type': contentType,
      'content-length': String(isInMemory ? bytes.byteLength : bytes.byteSize),
      'x-amz-content-sha256': isInMemory ? createHash('sha256').update(bytes).digest('hex') : bytes.sha256,
      ...(encryption === undefined ? {} : { 'x-amz-server-side-encryption': encryption }),
    };
    // Asked for again with every try: a stream is read once.
    const body: Body = () => {
      if (isInMemory) return { body: bytes as Uint8Array<ArrayBuffer> };
      if (bytes.bytes !== undefined) return { body: bytes.bytes as Uint8Array<ArrayBuffer> };
      return { body: Readable.toWeb(bytes.read()) as ReadableStream<Uint8Array>, duplex: 'half' };
    };
    const byteSize = isInMemory ? bytes.byteLength : bytes.byteSize;
    await drop(await expectStatus(ask('PUT', address(key), { headers }, { of: body, byteSize }), [200]));
  }

  async function removeOne(key: string): Promise<void> {
    await drop(await expectStatus(ask('DELETE', address(key)), [200, 204, 404]));
  }

  return {
    async put(blobs) {
      for (const blob of blobs) await putOne(blob);
    },
    async size(key) {
      const response = await expectStatus(ask('HEAD', address(key)), [200, 404]);
      return response.status === 404 ? undefined : Number(response.headers.get('content-length'));
    },
    read: (key, range) => Readable.from(readObject(ask, address(key), range), { objectMode: false }),
    async remove(keys) {
      for (let at = 0; at < keys.length; at += DELETES_AT_ONCE)
        await Promise.all(keys.slice(at, at + DELETES_AT_ONCE).map(removeOne));
    },
    list: (under) => listObjects(ask, base, full(under), full('').length),
    async probe() {
      // Writing is what counts; one name, so that nothing piles up.
      await putOne({ key: 'probe', bytes: Buffer.from('probe') });
      await removeOne('probe');
    },
    url: (key) => `s3://${bucket}/${full(key)}`,
    async presignPut(key, { contentType, byteSize, seconds }) {
      const url = new URL(address(key));
      url.searchParams.set('X-Amz-Expires', String(seconds));
      // Type and length are signed: the store refuses a body that is not what the ticket was for.
      const headers = { 'content-type': contentType, 'content-length': String(byteSize) };
      const signed = await client.sign(url, { method: 'PUT', headers, aws: { signQuery: true, allHeaders: true } });
      // A browser sets the length itself and lets nobody else do so.
      return { url: signed.url, headers: { 'content-type': contentType } };
    },
  };
}

/** What is sent: asked for anew with every try. */
type Body = () => RequestInit;
type Ask = (
  method: string,
  url: string,
  init?: RequestInit,
  body?: { readonly of: Body; readonly byteSize: number },
) => Promise<Response>;

/** One request, tried again when the store has no time. An answer that says no is an answer. */
async function request(
  client: AwsClient,
  limitMs: number,
  method: string,
  url: string,
  { init, body }: { init: RequestInit; body: Body | undefined },
): Promise<Response> {
  const startedAt = performance.now();
  for (let tried = 1; ; tried++) {
    let failure: StoreError;
    // Until the answer begins: how fast its body is read is not the store's doing.
    const limit = new AbortController();
    const timer = setTimeout(() => limit.abort(new StoreError('The time of the object store is over.')), limitMs);
    try {
      // Signed anew each time: the signature holds the time.
      const response = await fetch(await client.sign(url, { ...init, ...body?.(), method }), { signal: limit.signal });
      if (response.status < 500 && response.status !== 429) return response;
      await drop(response);
      failure = new StoreError(`The object store answered ${response.status}.`, { status: response.status });
    } catch (cause) {
      failure = new StoreError('The object store does not answer.', { cause });
    } finally {
      clearTimeout(timer);
    }
    if (tried === TRIES || performance.now() - startedAt > ANSWER_MS / 2) throw failure;
    await new Promise((settle) => setTimeout(settle, PAUSE_MS * 2 ** (tried - 1) * (0.5 + Math.random() / 2)));
  }
}

async function expectStatus(asked: Promise<Response>, expected: readonly number[]): Promise<Response> {
  const response = await asked;
  if (expected.includes(response.status)) return response;
  await drop(response);
  throw new StoreError(`The object store answered ${response.status}.`, { status: response.status });
}

async function* readObject(ask: Ask, url: string, range: ByteRange | undefined): AsyncGenerator<Uint8Array> {
  const headers = range === undefined ? {} : { range: `bytes=${range.first}-${range.last}` };
  const response = await expectStatus(ask('GET', url, { headers }), [range === undefined ? 200 : 206]);
  yield* piecesOf(response);
}

/**
 * A body, piece by piece. A store that stops in the middle is given up; whoever listens to an hour takes an hour to read it, and is
 * not hurried.
 */
async function* piecesOf({ body }: Response): AsyncGenerator<Uint8Array> {
  if (body === null) return;
  const reader = body.getReader();
  let isOver = false;
  try {
    for (;;) {
      const { done, value } = await inTime(reader.read());
      isOver = done;
      if (done) return;
      yield value;
    }
  } catch (thrown) {
    isOver = !(thrown instanceof StoreError);
    throw thrown;
  } finally {
    // The connection is free again. What failed by itself has let go of it.
    if (!isOver) await reader.cancel();
  }
}

async function inTime<Result>(work: Promise<Result>): Promise<Result> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, fail) => {
    timer = setTimeout(() => fail(new StoreError('The object store stopped in the middle of a file.')), ANSWER_MS);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

async function* listObjects(ask: Ask, base: string, prefix: string, cut: number): AsyncGenerator<StoredBlob> {
  let token: string | undefined;
  do {
    const url = new URL(base);
    url.searchParams.set('list-type', '2');
    url.searchParams.set('prefix', prefix);
    if (token !== undefined) url.searchParams.set('continuation-token', token);
    const response = await expectStatus(ask('GET', url.href), [200]);
    const page = parseObjectList(await text(piecesOf(response)));
    for (const { key, ...facts } of page.objects) yield { key: key.slice(cut), ...facts };
    token = page.next;
  } while (token !== undefined);
}

/** An answer whose body nobody reads keeps its connection busy. */
async function drop(response: Response): Promise<void> {
  await response.body?.cancel();
}
