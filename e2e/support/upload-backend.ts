import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FileStore } from '@tus/file-store';
import { Server as TusServer } from '@tus/server';

/** What the store was told of a PUT. */
export interface StorePut {
  key: string;
  status: number;
  hasToken: boolean;
}

/**
 * A small backend for the ways that files take past `/segments`: tickets with a presigned store that is as strict as S3
 * (on an origin of its own, as stores are), and tus. The bearer token must be `good`.
 */
export interface UploadBackend {
  url: string;
  stored: Map<string, { sha256: string; byteSize: number }>;
  /** Every PUT that reached the store, refused ones included. */
  puts: StorePut[];
  /** Requests to the tus endpoint: `PATCH 204`. */
  tus: string[];
  /** What the store does to the next PUT. */
  nextPut: 'expired' | 'other-bytes' | 'busy' | undefined;
  close(): Promise<void>;
}

interface Metadata {
  segment_id: string;
  sha256: string;
  byte_size: number;
  upload_url?: string;
}

export async function startUploadBackend(): Promise<UploadBackend> {
  const folder = await mkdtemp(join(tmpdir(), 'turntape-tus-'));
  const tusServer = new TusServer({
    path: '/v1/uploads',
    datastore: new FileStore({ directory: folder }),
    relativeLocation: true,
  });
  const objects = new Map<string, Buffer>();
  const tickets = new Map<string, string>();
  const backend: Omit<UploadBackend, 'url' | 'close'> = {
    stored: new Map(),
    puts: [],
    tus: [],
    nextPut: undefined,
  };
  let storeUrl = '';

  const store = createServer((request, response) => void takePut(request, response));
  const api = createServer((request, response) => void takeApi(request, response));
  storeUrl = await listen(store);
  const url = await listen(api);

  async function takePut(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const cors = {
      'access-control-allow-origin': '*',
      'access-control-allow-methods': 'PUT',
      'access-control-allow-headers': 'content-type, x-amz-checksum-sha256',
      'access-control-expose-headers': 'retry-after',
    };
    if (request.method === 'OPTIONS') return void response.writeHead(204, cors).end();
    const key = new URL(request.url ?? '/', storeUrl).pathname.slice(1);
    const body = await readAll(request);
    const next = backend.nextPut;
    backend.nextPut = undefined;
    const checksum = createHash('sha256').update(body).digest('base64');
    const isSigned =
      request.headers['content-type'] === 'audio/wav' && request.headers['x-amz-checksum-sha256'] === checksum;
    const status = next === 'busy' ? 503 : next === 'expired' || !isSigned ? 403 : 200;
    backend.puts.push({ key, status, hasToken: request.headers.authorization !== undefined });
    // As S3 does: what it refuses, a page of another origin cannot even read.
    if (status === 403) return void response.writeHead(403).end('<Error><Code>AccessDenied</Code></Error>');
    if (status === 503) return void response.writeHead(503, { ...cors, 'retry-after': '3' }).end();
    objects.set(key, next === 'other-bytes' ? Buffer.from('something else') : body);
    response.writeHead(200, cors).end();
  }

  async function takeApi(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname } = new URL(request.url ?? '/', url);
    const answer = (status: number, body: unknown): void =>
      void response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    const refuse = (status: number, code: string): void => answer(status, { error: { code, message: code } });
    if (request.headers.authorization !== 'Bearer good') return refuse(401, 'unauthorized');
    if (pathname.startsWith('/v1/uploads')) {
      response.on('finish', () => backend.tus.push(`${request.method} ${response.statusCode}`));
      return tusServer.handle(request, response);
    }
    const body = await readAll(request);
    // Also by the way of `httpTarget`: turns without audio take it.
    const form = pathname === '/v1/segments' ? await readForm(request, body) : undefined;
    const metadata = form?.metadata ?? (JSON.parse(body.toString() || '{}') as Metadata);
    if (pathname === '/v1/transcripts' || pathname === '/v1/sessions') return answer(201, {});
    const { segment_id, sha256, byte_size } = metadata;
    const had = backend.stored.get(segment_id);
    if (had && had.sha256 !== sha256) return refuse(409, 'conflict');
    const receipt = { segment_id, sha256, byte_size, audio_url: `s3://${segment_id}` };
    const keep = (bytes: Buffer | undefined): void => {
      if (!bytes) return refuse(404, 'not_found');
      if (bytes.length !== byte_size) return refuse(422, 'size_mismatch');
      if (createHash('sha256').update(bytes).digest('hex') !== sha256) return refuse(422, 'hash_mismatch');
      backend.stored.set(segment_id, { sha256, byteSize: byte_size });
      return answer(had ? 200 : 201, receipt);
    };
    if (pathname === '/v1/tickets') {
      if (had) return answer(200, receipt);
      if (byte_size === 0) {
        backend.stored.set(segment_id, { sha256, byteSize: 0 });
        return answer(201, receipt);
      }
      const ticketId = `t-${tickets.size}`;
      tickets.set(ticketId, segment_id);
      const headers = {
        'content-type': 'audio/wav',
        'x-amz-checksum-sha256': Buffer.from(sha256, 'hex').toString('base64'),
      };
      const put = { url: `${storeUrl}/${ticketId}`, headers, expires_at: new Date(Date.now() + 300_000).toISOString() };
      return answer(201, { ticket_id: ticketId, segment_id, put });
    }
    const ticketId = /^\/v1\/tickets\/([\w.-]+)\/complete$/.exec(pathname)?.[1];
    if (ticketId !== undefined) {
      if (tickets.get(ticketId) !== segment_id) return refuse(404, 'not_found');
      return keep(objects.get(ticketId));
    }
    if (pathname === '/v1/segments/complete') {
      const name = metadata.upload_url?.split('/').at(-1) ?? '';
      return keep(await readFile(join(folder, name)).catch(() => undefined));
    }
    if (form && byte_size === 0) {
      backend.stored.set(segment_id, { sha256, byteSize: 0 });
      return answer(had ? 200 : 201, receipt);
    }
    return form ? keep(form.audio) : refuse(404, 'not_found');
  }

  return Object.assign(backend, {
    url,
    close: async () => {
      for (const server of [store, api]) {
        server.close();
        server.closeAllConnections();
      }
      await rm(folder, { recursive: true, force: true });
    },
  });
}

async function listen(server: Server): Promise<string> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function readForm(
  request: IncomingMessage,
  body: Buffer,
): Promise<{ metadata: Metadata; audio: Buffer | undefined }> {
  const headers = { 'content-type': request.headers['content-type'] ?? '' };
  const form = await new Response(new Uint8Array(body), { headers }).formData();
  const [segment, audio] = [form.get('segment'), form.get('audio')];
  if (!(segment instanceof File)) throw new Error('The form has no part `segment`.');
  const metadata = JSON.parse(await segment.text()) as Metadata;
  return { metadata, audio: audio instanceof File ? Buffer.from(await audio.arrayBuffer()) : undefined };
}

async function readAll(request: IncomingMessage): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of request) pieces.push(piece as Buffer);
  return Buffer.concat(pieces);
}
