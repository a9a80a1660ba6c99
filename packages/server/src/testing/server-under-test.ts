import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { LogFacts, LogLevel } from '../log.ts';
import { newDataFolder } from './new-data-folder.ts';
import { startServer, type RunningServer, type ServerOptions } from '../server.ts';

/** A line that the server logged. */
interface LogLine {
  level: LogLevel;
  event: string;
  facts: LogFacts;
}

/** An answer, read. */
export interface Answer {
  status: number;
  headers: Headers;
  /** Parsed JSON; undefined for an empty body. */
  body: unknown;
}

/** The real app on a real port with a real database and real files, and a client that has the token. */
export interface ServerUnderTest extends AsyncDisposable {
  server: RunningServer;
  data: string;
  /** Where the files of a session lie. */
  folder(sessionId: string): string;
  log: LogLine[];
  /** A request with the token, unless `headers` say otherwise. */
  request(path: string, init?: RequestInit): Promise<Response>;
  get(path: string): Promise<Answer>;
  post(path: string, facts: unknown): Promise<Answer>;
  /** With any method; a body goes as JSON. */
  ask(method: string, path: string, body?: unknown): Promise<Answer>;
  postSegment(facts: unknown, audio?: Buffer): Promise<Answer>;
  rows<Row>(sql: string, params?: readonly unknown[]): Promise<Row[]>;
}

export const TOKEN = 'a-token-that-only-these-tests-know';

/** Starts it in a folder of its own, or in the one given. */
export async function startServerUnderTest(options: Partial<ServerOptions> = {}): Promise<ServerUnderTest> {
  const data = options.data ?? (await newDataFolder());
  const token = options.secrets === undefined ? TOKEN : '';
  const log: LogLine[] = [];
  const server = await startServer({
    port: 0,
    token,
    log: (level, event, facts = {}) => log.push({ level, event, facts }),
    ...options,
    data,
  });
  const request = (path: string, init: RequestInit = {}) =>
    fetch(`${server.url}${path}`, { ...init, headers: withToken(init.headers) });
  const ask = async (method: string, path: string, body?: unknown): Promise<Answer> => {
    const json = { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } };
    return read(await request(path, { method, ...(body !== undefined && json) }));
  };
  return {
    server,
    data,
    folder: (sessionId) => join(data, 'recordings', sessionId),
    log,
    request,
    ask,
    get: (path) => ask('GET', path),
    post: (path, facts) => ask('POST', path, facts),
    postSegment: async (facts, audio) =>
      read(await request('/v1/segments', { method: 'POST', body: segmentForm(facts, audio) })),
    rows: async <Row>(sql: string, params?: readonly unknown[]) => (await server.db.query<Row>(sql, params)).rows,
    async [Symbol.asyncDispose]() {
      await server.close();
      await rm(data, { recursive: true, force: true });
    },
  };
}

function withToken(given: RequestInit['headers']): Headers {
  const headers = new Headers(given);
  if (!headers.has('authorization')) headers.set('authorization', `Bearer ${TOKEN}`);
  return headers;
}

/** As a browser sends it: both parts are Blobs. */
export function segmentForm(facts: unknown, audio?: Buffer): FormData {
  const form = new FormData();
  form.set('segment', new Blob([JSON.stringify(facts)], { type: 'application/json' }));
  if (audio !== undefined) form.set('audio', new Blob([new Uint8Array(audio)], { type: 'audio/wav' }), 'audio');
  return form;
}

/** Status, headers and JSON of an answer. */
export async function read(response: Response): Promise<Answer> {
  const text = await response.text();
  return {
    status: response.status,
    headers: response.headers,
    body: text === '' ? undefined : (JSON.parse(text) as unknown),
  };
}
