import { randomUUID } from 'node:crypto';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { deriveKey, oneToken } from '../access/access-token.ts';
import { AudioLinks } from '../access/audio-link.ts';
import { TicketBook } from '../access/ticket-book.ts';
import { createApp } from '../app.ts';
import { openFileStore } from '../file-store.ts';
import { SessionNews } from '../live/session-news.ts';
import { Metrics } from '../operate/metrics.ts';
import { TranscriptStore } from '../stores/transcript-store.ts';
import { segmentFacts, sessionFacts, transcriptFacts, wavFile } from '../testing/sample-facts.ts';
import { read, segmentForm, startServerUnderTest, type ServerUnderTest } from '../testing/server-under-test.ts';

interface Described {
  responses: Record<string, { content?: Record<string, { schema: object }> }>;
}
interface Document {
  openapi: string;
  paths: Record<string, Record<string, Described>>;
  components: { schemas: Record<string, object> };
}

let it: ServerUnderTest;
let document: Document;
const ajv = new Ajv2020({ strict: false, allErrors: true });
addFormats.default(ajv);

beforeAll(async () => {
  it = await startServerUnderTest();
  document = (await (await fetch(`${it.server.url}/openapi.json`)).json()) as Document;
  ajv.addSchema({ $id: 'wire', ...document });
});
afterAll(() => it[Symbol.asyncDispose]());

/** The request, and a proof that its answer is one that the document describes. */
async function ask(method: string, described: string, path: string, init: RequestInit = {}): Promise<unknown> {
  const { status, headers, body } = await read(await it.request(path, { method, ...init }));
  const responses = document.paths[described]?.[method.toLowerCase()]?.responses;
  expect(Object.keys(responses ?? {}), `${method} ${path} answered ${status}`).toContain(String(status));
  const schema = responses?.[status]?.content?.['application/json']?.schema;
  if (schema === undefined) return expect(body).toBeUndefined();
  expect(headers.get('content-type')).toContain('application/json');
  const pointer = `wire#/paths/${described.replaceAll('/', '~1').replaceAll(/[{}]/g, encodeURIComponent)}/${method.toLowerCase()}/responses/${status}/content/application~1json/schema`;
  const validate = ajv.getSchema(pointer);
  expect(validate?.(body), `${method} ${path}: ${JSON.stringify(validate?.errors)}`).toBe(true);
  return body;
}

const form = (body: FormData): RequestInit => ({ body });
const json = (facts: unknown): RequestInit => ({
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(facts),
});

test('[SRV-65] the document lists every route of the app, and no other', async () => {
  const { db: database } = it.server;
  const blobs = await openFileStore(it.data);
  const app = createApp({
    database,
    blobs,
    metrics: new Metrics(database),
    transcripts: new TranscriptStore(database, blobs),
    news: new SessionNews({}, () => undefined),
    mint: undefined,
    authorize: undefined,
    keyOf: undefined,
    verify: oneToken('x'),
    links: new AudioLinks(deriveKey('x', 'audio-link')),
    tickets: new TicketBook(deriveKey('x', 'ticket')),
    requestsPerWindow: 1,
    metricsToken: '',
    origins: [],
    limits: { maxBytes: 1, maxJsonBytes: 1 },
    follows: { transcribe: false, quality: false, webhookAfterMs: undefined },
    sweep: () => Promise.reject(new Error('never')),
    wake: () => undefined,
    log: () => undefined,
    closing: new AbortController().signal,
  });
  const served = app.routes
    .filter(({ method }) => method !== 'ALL')
    .map(({ method, path }) => `${method} ${path.replace(/:(\w+)/g, '{$1}')}`);
  const described = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
  );
  expect([...new Set(served)].sort()).toEqual(described.sort());
});

test('[SRV-65] the document is OpenAPI 3.1 whose every schema compiles and whose every reference is there', () => {
  expect(document.openapi).toBe('3.1.0');
  for (const name of Object.keys(document.components.schemas))
    expect(() => ajv.compile({ $ref: `wire#/components/schemas/${name}` }), name).not.toThrow();
});

test('[SRV-65] what a recorder sends is what the document says may be sent', () => {
  const audio = wavFile();
  for (const [name, facts] of [
    ['Segment', segmentFacts(audio, { transcript: null })],
    ['Transcript', transcriptFacts({ confidence: 0.5 })],
    ['SessionFacts', sessionFacts()],
  ] as const) {
    const validate = ajv.compile({ $ref: `wire#/components/schemas/${name}` });
    expect(validate(facts), JSON.stringify(validate.errors)).toBe(true);
    expect(validate({ ...facts, session_id: 'no-uuid' })).toBe(false);
  }
});

test('[SRV-65] every answer is one that the document describes', async () => {
  const audio = wavFile();
  const session = sessionFacts();
  const id = String(session['session_id']);
  const facts = segmentFacts(audio, { session_id: id, external_id: 'e' });
  const segmentId = String(facts['segment_id']);
  const words = transcriptFacts({ session_id: id, turn_id: facts['turn_id'], confidence: 0.7 });

  await ask('GET', '/healthz', '/healthz');
  await ask('GET', '/readyz', '/readyz');
  await ask('GET', '/v1/config', '/v1/config');
  for (let twice = 0; twice < 2; twice++) {
    await ask('POST', '/v1/sessions', '/v1/sessions', json(session));
    await ask('POST', '/v1/segments', '/v1/segments', form(segmentForm(facts, audio)));
    await ask('POST', '/v1/transcripts', '/v1/transcripts', json(words));
  }
  await ask('POST', '/v1/segments', '/v1/segments', form(segmentForm({ ...facts, speaker: 'x' }, audio)));
  await ask('POST', '/v1/segments', '/v1/segments', form(segmentForm(facts, wavFile(10))));
  await ask('POST', '/v1/tickets', '/v1/tickets', json(facts));
  await ask('POST', '/v1/tickets/{id}/complete', '/v1/tickets/x/complete', json(segmentFacts(audio)));
  await ask('GET', '/v1/sessions', '/v1/sessions?limit=1');
  await ask('GET', '/v1/sessions', '/v1/sessions?colour=red');
  await ask('GET', '/v1/sessions/{id}', `/v1/sessions/${id}`);
  await ask('GET', '/v1/sessions/{id}', `/v1/sessions/${randomUUID()}`);
  await ask('GET', '/v1/sessions/{id}/timeline', `/v1/sessions/${id}/timeline`);
  const transcriptId = encodeURIComponent(String(words['transcript_id']));
  await ask('GET', '/v1/sessions/{id}/revisions', `/v1/sessions/${id}/revisions?transcript_id=${transcriptId}`);
  await ask('GET', '/v1/sessions/{id}/revisions', `/v1/sessions/${id}/revisions?transcript_id=none`);
  await ask('PATCH', '/v1/sessions/{id}', `/v1/sessions/${id}`, json({ delete_after: '2027-01-01T00:00:00Z' }));
  await ask('PATCH', '/v1/sessions/{id}', `/v1/sessions/${id}`, json({ colour: 'red' }));
  await ask('POST', '/v1/sessions/{id}/files', `/v1/sessions/${id}/files`, json({ layout: 'mono', format: 'wav' }));
  await ask('GET', '/v1/sessions/{id}/files', `/v1/sessions/${id}/files`);
  const attached = new FormData();
  attached.set('recording', JSON.stringify({ recording_id: randomUUID(), format: 'wav' }));
  attached.set('audio', new Blob([new Uint8Array(audio)]), 'audio');
  for (let twice = 0; twice < 2; twice++)
    await ask('POST', '/v1/sessions/{id}/recordings', `/v1/sessions/${id}/recordings`, form(attached));
  await ask('GET', '/v1/sessions/{id}/recordings', `/v1/sessions/${id}/recordings`);
  await ask('GET', '/v1/sessions/{id}/events', `/v1/sessions/${id}/events?after=x`);
  await ask('DELETE', '/v1/recordings/{id}', `/v1/recordings/${randomUUID()}`);
  await ask('GET', '/v1/files/{id}/audio', `/v1/files/${randomUUID()}/audio`);
  await ask('GET', '/v1/jobs', '/v1/jobs?state=queued');
  await ask('POST', '/v1/jobs/{id}/retry', `/v1/jobs/${randomUUID()}/retry`);
  await ask('POST', '/v1/sweeps', '/v1/sweeps?dry_run=true');
  await ask('GET', '/v1/segments/{id}/audio', `/v1/segments/${randomUUID()}/audio`);
  await ask('DELETE', '/v1/segments/{id}', `/v1/segments/${segmentId}`);
  await ask('DELETE', '/v1/segments/{id}', `/v1/segments/${segmentId}`);
  await ask('DELETE', '/v1/sessions/{id}', `/v1/sessions/${id}`);
  await ask('POST', '/v1/sessions', '/v1/sessions', json(session));
  await ask('GET', '/v1/config', '/v1/config', { headers: { authorization: 'Bearer no' } });
});
