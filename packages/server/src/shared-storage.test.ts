import { createHash, randomUUID } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, type TestContext } from 'vitest';
import { migrate } from './migrate.ts';
import { openPostgresDatabase } from './postgres-database.ts';
import { openS3Store } from './s3-store.ts';
import { startBucket, type BucketUnderTest } from './testing/bucket.ts';
import { openEventStream } from './testing/event-reader.ts';
import { postgresMissing, startPostgres, withClient, type PostgresUnderTest } from './testing/postgres.ts';
import { segmentFacts, sessionFacts, transcriptFacts, wavFile } from './testing/sample-facts.ts';
import { startServerUnderTest, TOKEN, type ServerUnderTest } from './testing/server-under-test.ts';
import { newTestFolder } from './testing/test-folder.ts';

// A real PostgreSQL and an S3-compatible store, and two servers that hold nothing themselves.
let postgres: PostgresUnderTest;
let bucket: BucketUnderTest;
let one: ServerUnderTest;
let two: ServerUnderTest;
const missing = await postgresMissing();
const MIGRATIONS = (await readdir(new URL('../migrations/', import.meta.url))).length;

beforeAll(async () => {
  if (missing !== undefined) return;
  [postgres, bucket] = await Promise.all([startPostgres(), startBucket()]);
  const databaseUrl = await postgres.newDatabase();
  const stateless = { data: '', databaseUrl, storage: bucket.storage };
  // Both at once: both migrate.
  [one, two] = await Promise.all([startServerUnderTest(stateless), startServerUnderTest(stateless)]);
});
afterAll(async () => {
  if (missing !== undefined) return;
  await Promise.all([one[Symbol.asyncDispose](), two[Symbol.asyncDispose]()]);
  await postgres[Symbol.asyncDispose]();
  await bucket[Symbol.asyncDispose]();
});

const needsPostgres = ({ skip }: TestContext) => skip(missing !== undefined, missing);

test('[SRV-33] two processes that start together migrate once, and a second run applies nothing', async (context) => {
  needsPostgres(context);
  const applied = [one, two].flatMap(({ log }) =>
    log.filter(({ event }) => event === 'migrated').flatMap(({ facts }) => String(facts['files']).split(' ')),
  );
  expect(applied).toHaveLength(MIGRATIONS);
  expect(new Set(applied).size).toBe(MIGRATIONS);
  expect(await migrate(one.server.db)).toEqual([]);
});

test('[SRV-33] a PostgreSQL that holds the bare seed tables keeps every row, and the older system goes on', async (context) => {
  needsPostgres(context);
  const url = await postgres.newDatabase();
  const [sessionId, turnId] = [randomUUID(), randomUUID()];
  await withClient(url, async (client) => {
    await client.query(`
      CREATE TABLE billing_sessions (session_id UUID PRIMARY KEY, started_at TIMESTAMPTZ, ended_at TIMESTAMPTZ,
        duration_secs FLOAT8, finish_reason TEXT, metadata JSONB NOT NULL DEFAULT '{}',
        created_at TIMESTAMPTZ NOT NULL DEFAULT now(), updated_at TIMESTAMPTZ NOT NULL DEFAULT now());
      CREATE TABLE session_transcripts (id BIGSERIAL PRIMARY KEY,
        session_id UUID NOT NULL REFERENCES billing_sessions(session_id) ON DELETE CASCADE, turn_id UUID NOT NULL,
        role TEXT NOT NULL CHECK (role IN ('user', 'assistant')), text TEXT NOT NULL, language TEXT,
        interrupted BOOLEAN NOT NULL DEFAULT FALSE, occurred_at TIMESTAMPTZ NOT NULL,
        created_at TIMESTAMPTZ NOT NULL DEFAULT now());
      CREATE TABLE session_audio_segments (id BIGSERIAL PRIMARY KEY, session_id UUID NOT NULL, turn_id UUID,
        speaker TEXT NOT NULL CHECK (speaker IN ('user', 'bot')), audio_url TEXT NOT NULL,
        format TEXT NOT NULL DEFAULT 'wav', sample_rate INTEGER NOT NULL, num_channels SMALLINT NOT NULL,
        duration_ms FLOAT8 NOT NULL, byte_size BIGINT NOT NULL, interrupted BOOLEAN NOT NULL DEFAULT FALSE,
        started_at TIMESTAMPTZ NOT NULL, ended_at TIMESTAMPTZ NOT NULL, created_at TIMESTAMPTZ NOT NULL DEFAULT now())`);
    await client.query('INSERT INTO billing_sessions (session_id) VALUES ($1)', [sessionId]);
  });
  const writeSeedRows = () =>
    withClient(url, async (client) => {
      await client.query(
        `INSERT INTO session_transcripts (session_id, turn_id, role, text, interrupted, occurred_at)
         VALUES ($1, $2, 'assistant', 'Hello', TRUE, now())`,
        [sessionId, turnId],
      );
      await client.query(
        `INSERT INTO session_audio_segments (session_id, turn_id, speaker, audio_url, sample_rate, num_channels,
           duration_ms, byte_size, started_at, ended_at)
         VALUES ($1, $2, 'bot', 's3://old/key.wav', 24000, 1, 1500.5, 72044, now(), now())`,
        [sessionId, turnId],
      );
    });
  await writeSeedRows();
  const database = openPostgresDatabase({ url, connections: 2, log: () => undefined });
  try {
    expect(await migrate(database)).toHaveLength(MIGRATIONS);
    expect(await migrate(database)).toEqual([]);
    await writeSeedRows();
    const documented = `SELECT t.role, t.text, t.interrupted, a.audio_url, a.duration_ms
      FROM session_transcripts t JOIN session_audio_segments a ON a.turn_id = t.turn_id
      WHERE t.session_id = $1 ORDER BY t.occurred_at`;
    const { rows } = await database.query(documented, [sessionId]);
    expect(rows).toHaveLength(4);
    expect(rows[0]).toEqual({
      role: 'assistant',
      text: 'Hello',
      interrupted: true,
      audio_url: 's3://old/key.wav',
      duration_ms: 1500.5,
    });
  } finally {
    await database.close();
  }
});

test('[SRV-34] a session split over two processes is one: rows, objects, playback from either', async (context) => {
  needsPostgres(context);
  const session = sessionFacts();
  const sessionId = String(session['session_id']);
  await one.post('/v1/sessions', session);
  const audio = wavFile(1600, { value: 7 });
  const segments = Array.from({ length: 6 }, (_, i) =>
    segmentFacts(audio, {
      session_id: sessionId,
      started_at: `2026-11-20T10:00:0${i}.000Z`,
      ended_at: `2026-11-20T10:00:0${i}.100Z`,
    }),
  );
  const answers = await Promise.all(segments.map((facts, i) => (i % 2 === 0 ? one : two).postSegment(facts, audio)));
  expect(answers.map(({ status }) => status)).toEqual([201, 201, 201, 201, 201, 201]);
  const { body } = await two.get(`/v1/sessions/${sessionId}`);
  const { turns } = body as { turns: { segment_id: string; audio_url: string; playback_url: string }[] };
  expect(turns.map(({ segment_id: id }) => id)).toEqual(segments.map(({ segment_id: id }) => id));
  expect(turns[0]?.audio_url).toBe(
    `s3://recordings/voice/eu/recordings/${sessionId}/${String(segments[0]?.['segment_id'])}.wav`,
  );
  for (const [it, { playback_url: url }] of [
    [one, turns[1]!],
    [two, turns[0]!],
  ] as const) {
    // Signed by one, good at the other; without a header.
    const response = await fetch(`${it.server.url}${url}`);
    expect(Buffer.from(await response.arrayBuffer()).equals(audio)).toBe(true);
    const part = await fetch(`${it.server.url}${url}`, { headers: { range: 'bytes=10-19' } });
    expect(Buffer.from(await part.arrayBuffer()).equals(audio.subarray(10, 20))).toBe(true);
  }
});

test('[SRV-34] parallel posts of one segment to both processes: one is 201, the others 200 or 409, with its bytes', async (context) => {
  needsPostgres(context);
  const files = [1, 2].map((value) => wavFile(400, { value }));
  const ids = { segment_id: randomUUID(), session_id: randomUUID() };
  const answers = await Promise.all(
    Array.from({ length: 12 }, (_, i) => {
      const audio = files[i % 2]!;
      return (i % 3 === 0 ? one : two).postSegment(segmentFacts(audio, ids), audio);
    }),
  );
  const statuses = answers.map(({ status }) => status).sort((a, b) => a - b);
  expect(statuses).toEqual([200, 200, 200, 200, 200, 201, 409, 409, 409, 409, 409, 409]);
  const winner = answers.find(({ status }) => status === 201)?.body as { sha256: string };
  const response = await one.request(`/v1/segments/${ids.segment_id}/audio`);
  const stored = Buffer.from(await response.arrayBuffer());
  expect(createHash('sha256').update(stored).digest('hex')).toBe(winner.sha256);
});

test('[SRV-103] who listens at one process hears what is sent to the other; a channel that is lost is opened again', async (context) => {
  needsPostgres(context);
  const session = sessionFacts();
  const sessionId = String(session['session_id']);
  const line = (it: ServerUnderTest, after = '') =>
    openEventStream(`${it.server.url}/v1/sessions/${sessionId}/events${after}`, { authorization: `Bearer ${TOKEN}` });
  await using atOne = await line(one);
  await using atTwo = await line(two);
  await one.post('/v1/sessions', session);
  const audio = wavFile();
  const segments = Array.from({ length: 4 }, () => segmentFacts(audio, { session_id: sessionId }));
  for (const [i, facts] of segments.entries()) await (i % 2 === 0 ? one : two).postSegment(facts, audio);
  const heard = await Promise.all([atOne.take(6), atTwo.take(6)]);
  expect(heard[0].map(({ event }) => event)).toEqual([
    'subscribed',
    'session_started',
    ...segments.map(() => 'segment_stored'),
  ]);
  expect(heard[0]).toEqual(heard[1]);
  // Everybody who listens to the channel is cut off; what comes meanwhile is found by looking.
  await one.rows(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE '% events'`);
  await one.post('/v1/sessions', { ...session, ended_at: '2026-11-20T10:05:00.000Z', state: 'ended' });
  expect((await atTwo.next())?.event).toBe('session_ended');
});

test('[SRV-34] words sent to one process find their turn in a segment sent to the other', async (context) => {
  needsPostgres(context);
  const audio = wavFile();
  const facts = segmentFacts(audio, { external_id: 'item_9' });
  const words = transcriptFacts({ session_id: facts['session_id'], turn_id: null, external_id: 'item_9' });
  await Promise.all([one.post('/v1/transcripts', words), two.postSegment(facts, audio)]);
  const rows = await one.rows('SELECT turn_id, turn_bound FROM session_transcripts WHERE session_id = $1', [
    facts['session_id'],
  ]);
  expect(rows).toEqual([{ turn_id: facts['turn_id'], turn_bound: true }]);
});

test('[SRV-102] a pooler that loses plans costs one answer of 503, and the next try is stored', async (context) => {
  needsPostgres(context);
  const it = await startServerUnderTest({
    data: '',
    databaseUrl: await postgres.newDatabase(),
    databaseConnections: 1,
    storage: bucket.storage,
  });
  const audio = wavFile();
  const send = async () => (await it.postSegment(segmentFacts(audio), audio)).status;
  expect(await send()).toBe(201);
  // The one connection forgets: to the client's eyes it is another one.
  await it.server.db.query('DEALLOCATE ALL');
  expect([await send(), await send(), await send()]).toEqual([503, 201, 201]);
  expect(it.log.filter(({ event }) => event === 'plans_not_kept')).toHaveLength(1);
  await it[Symbol.asyncDispose]();
});

test('[SRV-101] a file that is too large for the memory goes to the object store from the disk, byte for byte', async (context) => {
  needsPostgres(context);
  const audio = wavFile(400_000, { value: 5 });
  const facts = segmentFacts(audio);
  expect((await one.postSegment(facts, audio)).status).toBe(201);
  const response = await two.request(`/v1/segments/${String(facts['segment_id'])}/audio`);
  expect(Buffer.from(await response.arrayBuffer()).equals(audio)).toBe(true);
});

test('[SRV-130] PostgreSQL goes with a folder, too: the file lies there, the row in the database', async (context) => {
  needsPostgres(context);
  const data = await newTestFolder('files');
  const it = await startServerUnderTest({ data, databaseUrl: await postgres.newDatabase() });
  const audio = wavFile(1600, { value: 21 });
  const facts = segmentFacts(audio);
  const path = `recordings/${String(facts['session_id'])}/${String(facts['segment_id'])}.wav`;
  expect(await it.postSegment(facts, audio)).toMatchObject({ status: 201, body: { audio_url: path } });
  expect((await readFile(join(data, path))).equals(audio)).toBe(true);
  expect(await readdir(data)).not.toContain('database');
  expect(await it.rows('SELECT audio_url FROM session_audio_segments')).toEqual([{ audio_url: path }]);
  await it[Symbol.asyncDispose]();
});

test('[SRV-36] a store that answers 503 or not at all is 503 with a time to come back; nothing is lost or half there', async (context) => {
  needsPostgres(context);
  const audio = wavFile();
  // 403: the account's rights were taken away, and are given back.
  for (const fault of [503, 403, 'silence'] as const) {
    const facts = segmentFacts(audio);
    bucket.fault = fault;
    const failed = await one.postSegment(facts, audio);
    const ready = await one.get('/readyz');
    bucket.fault = undefined;
    expect(failed).toMatchObject({ status: 503, body: { error: { code: 'unavailable', retry_after_ms: 5000 } } });
    expect(ready).toMatchObject({ status: 503, body: { failed: ['store'] } });
    expect(await one.rows('SELECT 1 FROM session_audio_segments WHERE segment_id = $1', [facts['segment_id']])).toEqual(
      [],
    );
    expect((await two.postSegment(facts, audio)).status).toBe(201);
  }
});

test('[SRV-36] a database that crashes under load is 503, and everything acknowledged is there when it is back', async (context) => {
  needsPostgres(context);
  const audio = wavFile();
  const acknowledged: unknown[] = [];
  const refused: Record<string, unknown>[] = [];
  const down = new AbortController();
  const load = Array.from({ length: 4 }, async () => {
    while (!(down.signal.aborted && refused.length >= 4)) {
      const facts = segmentFacts(audio);
      const { status } = await one.postSegment(facts, audio);
      if (status === 201) acknowledged.push(facts['segment_id']);
      else if (status === 503) refused.push(facts);
      else throw new Error(`It answered ${status}.`);
    }
  });
  while (acknowledged.length < 10) await new Promise((settle) => setImmediate(settle));
  await postgres.stop();
  down.abort();
  await Promise.all(load);
  expect(refused.length).toBeGreaterThan(0);
  expect((await one.get('/readyz')).body).toEqual({ status: 'not_ready', failed: ['database'] });
  expect((await one.get('/healthz')).status).toBe(200);
  await postgres.start();
  const rows = await one.rows<{ segment_id: string }>('SELECT segment_id FROM session_audio_segments');
  const stored = new Set(rows.map(({ segment_id: id }) => id));
  expect(acknowledged.filter((id) => !stored.has(String(id)))).toEqual([]);
  for (const facts of refused) expect([200, 201]).toContain((await one.postSegment(facts, audio)).status);
  expect((await one.get('/readyz')).status).toBe(200);
});

test('[SRV-64] by ticket the file goes straight to the store, is proved, and becomes a segment like any other', async (context) => {
  needsPostgres(context);
  expect((await one.get('/v1/config')).body).toMatchObject({ tickets: true });
  const audio = wavFile(1600, { value: 11 });
  const words = transcriptFacts();
  const facts = segmentFacts(audio, { session_id: words['session_id'], turn_id: words['turn_id'], transcript: words });
  const asked = await one.post('/v1/tickets', facts);
  const { ticket_id: ticketId, put } = asked.body as {
    ticket_id: string;
    put: { url: string; headers: Record<string, string> };
  };
  expect(asked.status).toBe(201);
  expect(ticketId).toMatch(/^[\w.-]{1,2048}$/);
  const complete = (it: ServerUnderTest, sent: unknown, id = ticketId) => it.post(`/v1/tickets/${id}/complete`, sent);
  expect(await complete(two, facts)).toMatchObject({ status: 404, body: { error: { code: 'not_found' } } });
  expect(
    (await fetch(put.url, { method: 'PUT', headers: put.headers, body: new Uint8Array(wavFile(1600, { value: 12 })) }))
      .status,
  ).toBe(200);
  expect(await complete(two, facts)).toMatchObject({ status: 422, body: { error: { code: 'hash_mismatch' } } });
  expect(
    (await fetch(put.url, { method: 'PUT', headers: put.headers, body: new Uint8Array(wavFile(10)) })).status,
  ).toBe(200);
  expect(await complete(two, facts)).toMatchObject({ status: 422, body: { error: { code: 'size_mismatch' } } });
  expect((await fetch(put.url, { method: 'PUT', headers: put.headers, body: new Uint8Array(audio) })).status).toBe(200);
  // For another segment, or made by nobody, it is no ticket.
  expect((await complete(two, { ...facts, segment_id: randomUUID() })).status).toBe(404);
  expect((await complete(two, facts, 'x.y.z')).status).toBe(404);
  const stored = await complete(two, facts);
  expect(stored).toMatchObject({ status: 201, body: { sha256: facts['sha256'], byte_size: audio.length } });
  const place = `tickets/${new URL(put.url).pathname.split('/tickets/')[1]}`;
  expect(await openS3Store(bucket.storage).size(place)).toBeUndefined();
  expect(await complete(one, facts)).toMatchObject({ status: 200, body: stored.body as object });
  expect(await one.post('/v1/tickets', facts)).toMatchObject({ status: 200, body: stored.body as object });
  expect((await one.post('/v1/tickets', { ...facts, sha256: 'f'.repeat(64) })).status).toBe(409);
  const response = await one.request(`/v1/segments/${String(facts['segment_id'])}/audio`);
  expect(Buffer.from(await response.arrayBuffer()).equals(audio)).toBe(true);
  expect(
    await one.rows('SELECT text FROM session_transcripts WHERE session_id = $1', [facts['session_id']]),
  ).toHaveLength(1);
  // A PUT that is repeated lands beside what is stored, never on it.
  await fetch(put.url, { method: 'PUT', headers: put.headers, body: new Uint8Array(wavFile(1600, { value: 13 })) });
  const after = await one.request(`/v1/segments/${String(facts['segment_id'])}/audio`);
  expect(Buffer.from(await after.arrayBuffer()).equals(audio)).toBe(true);
});

test('[SRV-64] by ticket no file is too large, or other than it says', async (context) => {
  needsPostgres(context);
  const audio = wavFile();
  expect(await one.post('/v1/tickets', { ...segmentFacts(audio), byte_size: 2 ** 30 })).toMatchObject({
    status: 413,
    body: { error: { code: 'too_large', field: 'byte_size' } },
  });
  const facts = segmentFacts(audio, { format: 'opus', sample_rate: 48_000 });
  const { body } = await one.post('/v1/tickets', facts);
  const { ticket_id: id, put } = body as { ticket_id: string; put: { url: string; headers: Record<string, string> } };
  expect((await fetch(put.url, { method: 'PUT', headers: put.headers, body: new Uint8Array(audio) })).status).toBe(200);
  expect(await one.post(`/v1/tickets/${id}/complete`, facts)).toMatchObject({
    status: 415,
    body: { error: { field: 'audio' } },
  });
});

test('[SRV-64] a turn that was never heard needs no ticket', async (context) => {
  needsPostgres(context);
  const facts = segmentFacts(undefined, { speaker: 'bot' });
  expect(await one.post('/v1/tickets', facts)).toMatchObject({ status: 200, body: { sha256: '', byte_size: 0 } });
});
