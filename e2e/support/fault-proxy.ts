import { once } from 'node:events';
import { createServer, request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

/** What a line or a backend may do to one request. */
export type LineFault =
  | 'none'
  /** The line breaks before anything is answered; the backend hears nothing. */
  | 'unreachable'
  /** The backend takes it, and the line breaks before it says so. */
  | 'lost-answer'
  /** The line breaks in the middle of the body. */
  | 'cut-body'
  /** Nothing ever comes back; the backend hears nothing. */
  | 'hang'
  /** The body crawls to the backend at 1 KB/s. */
  | 'slow'
  /** Answered by the proxy; the backend hears nothing. */
  | { status: number; headers?: Record<string, string>; body?: unknown };

export interface FaultProxyOptions {
  /** What answers under `/v1`. */
  api: string;
  /** What answers everything else: pages and the package, so that all of it is one origin. */
  site: string;
  /** What happens to a request under `/v1`. */
  decide: (request: { method: string; path: string }) => LineFault;
  /** What answers under `/control/`: the page's word to the test. */
  control?: (path: string, body: string) => unknown;
}

export interface FaultProxy {
  url: string;
  /** How often each fault was made, by its name or status. */
  made: Map<string, number>;
  /** What is under way: requests that were taken and not answered to the end, with what is done to them. */
  open: Set<string>;
  close(): Promise<void>;
}

const SLOW_BYTES_PER_SECOND = 1024;

/** One origin for the page: the site, and before the backend a line that fails as it is told. */
export async function startFaultProxy({ api, site, decide, control }: FaultProxyOptions): Promise<FaultProxy> {
  const made = new Map<string, number>();
  const open = new Set<string>();
  const server = createServer((request, response) => {
    const path = new URL(request.url ?? '/', 'http://localhost').pathname;
    const method = request.method ?? 'GET';
    if (path.startsWith('/control/')) return void answerControl(request, response, path, control);
    if (!path.startsWith('/v1')) return void forward(site, request, response, 'none');
    const fault = decide({ method, path });
    const name = typeof fault === 'string' ? fault : `${fault.status}`;
    made.set(name, (made.get(name) ?? 0) + 1);
    const label = `${Math.round(performance.now())} ms ${method} ${path}: ${name}`;
    open.add(label);
    response.on('close', () => open.delete(label));
    return void forward(api, request, response, fault);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://localhost:${port}`,
    made,
    open,
    close: () =>
      new Promise((closed) => {
        server.close(() => closed());
        server.closeAllConnections();
      }),
  };
}

async function forward(
  origin: string,
  request: IncomingMessage,
  response: ServerResponse,
  fault: LineFault,
): Promise<void> {
  request.on('error', () => {});
  response.on('error', () => {});
  if (fault === 'hang') return;
  if (fault === 'unreachable') return void request.socket.destroy();
  const body = await readBody(request).catch(() => undefined);
  if (body === undefined) return;
  if (typeof fault === 'object') {
    response.writeHead(fault.status, { 'content-type': 'application/json', ...fault.headers });
    return void response.end(JSON.stringify(fault.body ?? { error: { code: 'planted', message: 'a planted fault' } }));
  }
  const upstream = httpRequest(new URL(request.url ?? '/', origin), {
    method: request.method ?? 'GET',
    headers: { ...request.headers, host: new URL(origin).host },
  });
  upstream.on('error', () => request.socket.destroy());
  upstream.on('response', (answer) => {
    if (fault === 'lost-answer') {
      answer.resume();
      answer.on('end', () => request.socket.destroy());
      return;
    }
    response.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.pipe(response);
  });
  if (fault === 'cut-body' && body.length > 0) {
    // Half of it reaches the backend, which has been promised all.
    upstream.write(body.subarray(0, body.length / 2), () => {
      upstream.destroy();
      request.socket.destroy();
    });
    return;
  }
  if (fault === 'slow')
    for (let at = 0; at < body.length; at += SLOW_BYTES_PER_SECOND / 4) {
      upstream.write(body.subarray(at, at + SLOW_BYTES_PER_SECOND / 4));
      await delay(250);
    }
  else upstream.write(body);
  upstream.end();
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of request) pieces.push(piece as Buffer);
  return Buffer.concat(pieces);
}

async function answerControl(
  request: IncomingMessage,
  response: ServerResponse,
  path: string,
  control: FaultProxyOptions['control'],
): Promise<void> {
  const body = (await readBody(request)).toString();
  const answer = await control?.(path.slice('/control/'.length), body);
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answer ?? null));
}
