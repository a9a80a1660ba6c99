import { rm } from 'node:fs/promises';
import { createServer, request as send, type IncomingHttpHeaders, type Server } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import S3rver from 's3rver';
import { newTestFolder } from './test-folder.ts';
import type { S3Options } from '../s3-store.ts';

/** An S3-compatible store in this process, and a line to it that can be cut. */
export interface BucketUnderTest extends AsyncDisposable {
  storage: S3Options;
  /** Answers every request with this status, or with nothing at all, until it is undefined again. */
  fault: number | 'silence' | undefined;
  /** Called with method, path and headers of each request before it is passed on. */
  onRequest: ((method: string, path: string, headers: IncomingHttpHeaders) => void) | undefined;
}

/**
 * s3rver: lax (it checks no lengths), and enough for what goes right. What a real store refuses is tested with Ceph in
 * the long run.
 */
export async function startBucket(prefix = 'voice/eu'): Promise<BucketUnderTest> {
  const folder = await newTestFolder('bucket');
  const store = new S3rver({
    port: 0,
    address: '127.0.0.1',
    silent: true,
    directory: folder,
    configureBuckets: [{ name: 'recordings', configs: [] }],
  });
  const { port } = (await store.run()) as AddressInfo;
  const line = createServer();
  const bucket: BucketUnderTest = {
    storage: {
      bucket: 'recordings',
      prefix,
      endpoint: '',
      region: 'us-east-1',
      accessKeyId: 'S3RVER',
      secretAccessKey: 'S3RVER',
    },
    fault: undefined,
    onRequest: undefined,
    async [Symbol.asyncDispose]() {
      await closeServer(line);
      await store.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
  passOn(line, port, bucket);
  line.listen(0, '127.0.0.1');
  await once(line, 'listening');
  bucket.storage = { ...bucket.storage, endpoint: `http://127.0.0.1:${(line.address() as AddressInfo).port}` };
  return bucket;
}

/** Passes everything on, the Host header included: it is signed. */
function passOn(line: Server, port: number, bucket: BucketUnderTest): void {
  line.on('request', (request, response) => {
    bucket.onRequest?.(request.method ?? '', request.url ?? '', request.headers);
    if (bucket.fault === 'silence') {
      request.socket.destroy();
      return;
    }
    if (bucket.fault !== undefined) {
      request.resume();
      response.writeHead(bucket.fault).end();
      return;
    }
    const { method, url: path, headers } = request;
    const onward = send({ port, host: '127.0.0.1', method, path, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    onward.on('error', () => response.destroy());
    request.pipe(onward);
  });
}

async function closeServer(server: Server): Promise<void> {
  server.closeAllConnections();
  server.close();
  await once(server, 'close');
}
