import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openS3Store } from './s3-store.ts';
import { sendBadBodies } from './testing/bad-bodies.ts';
import { buildCommand, listening, serving, type BuiltCommand } from './testing/built-command.ts';
import { startCeph, type CephUnderTest } from './testing/ceph.ts';
import { holdLargeUploads } from './testing/large-uploads.ts';
import { killRounds } from './testing/kill-rounds.ts';
import { findLost, sendLoad, type Acknowledged } from './testing/load.ts';
import { startPostgres, withClient, type PostgresUnderTest } from './testing/postgres.ts';
import { segmentFacts, wavFile } from './testing/sample-facts.ts';
import { startServerUnderTest, TOKEN } from './testing/server-under-test.ts';

// Long tests: results stand in docs/long-run.md.
let built: BuiltCommand;
let postgres: PostgresUnderTest;
let ceph: CephUnderTest;
beforeAll(async () => {
  [built, postgres, ceph] = await Promise.all([buildCommand(), startPostgres({ durable: true }), startCeph()]);
});
afterAll(async () => {
  await built[Symbol.asyncDispose]();
  await postgres[Symbol.asyncDispose]();
  await ceph[Symbol.asyncDispose]();
});

const wait = (ms: number) => new Promise((settle) => setTimeout(settle, ms));
const say = (facts: object) => process.stdout.write(`${JSON.stringify(facts)}\n`);

/** The environment of a process that holds nothing. */
async function stateless(): Promise<Record<string, string>> {
  const { storage } = ceph;
  return {
    TURNTAPE_TOKEN: TOKEN,
    DATABASE_URL: await postgres.newDatabase(),
    STORAGE: `s3://${storage.bucket}/${storage.prefix}`,
    AWS_ENDPOINT_URL_S3: storage.endpoint,
    AWS_ACCESS_KEY_ID: storage.accessKeyId,
    AWS_SECRET_ACCESS_KEY: storage.secretAccessKey,
  };
}

test('@long [SRV-92] killed twenty times under load, embedded: every acknowledged segment is there with its hash', async () => {
  const data = await mkdtemp(join(tmpdir(), 'turntape-kills-'));
  const start = () => built.start(['--data', data, '--port', '0'], { TURNTAPE_TOKEN: TOKEN });
  const { acknowledged, refused } = await killRounds(() => serving(start()), TOKEN, 20);
  const last = start();
  const lost = await findLost(await listening(last), TOKEN, acknowledged);
  last.child.kill('SIGTERM');
  await last.exit;
  const { stdout } = await built.run(['reindex', '--data', data, '--verify'], { TURNTAPE_TOKEN: TOKEN });
  const { added, orphans, missing, damaged, unreadable } = JSON.parse(stdout) as Record<string, unknown>;
  say({ kills: 20, acknowledged: acknowledged.length, cut: refused, lost: lost.length, added, orphans });
  expect(lost).toEqual([]);
  expect({ missing, damaged, unreadable }).toEqual({ missing: [], damaged: [], unreadable: [] });
  await rm(data, { recursive: true });
});

test('@long [SRV-34] sessions split over two processes on a real PostgreSQL and a real Ceph, one killed under load again and again: nothing is lost', async () => {
  const environment = await stateless();
  const other = built.start(['--port', '0'], environment);
  const otherUrl = await listening(other);
  const acknowledged: Acknowledged[] = [];
  // Every session is sent to both.
  const sessions = Array.from({ length: 5 }, () => randomUUID());
  let kills = 0;
  let cut = 0;
  while (kills < 10) {
    const victim = built.start(['--port', '0'], environment);
    const urls = [await listening(victim), otherUrl];
    const stop = new AbortController();
    const enough = acknowledged.length + 60 + Math.floor(Math.random() * 60);
    let sent = 0;
    await sendLoad({
      // Not in step with the sessions, of which there are five.
      target: () => urls[sent++ % 2]!,
      token: TOKEN,
      clients: 8,
      sessions,
      signal: stop.signal,
      onAcknowledged(segment) {
        acknowledged.push(segment);
        if (acknowledged.length === enough) victim.child.kill('SIGKILL');
        // The other goes on alone for a while.
        if (acknowledged.length === enough + 40) stop.abort();
      },
      onRefused: () => cut++,
    });
    await victim.exit;
    kills += 1;
  }
  const lost = await findLost(otherUrl, TOKEN, acknowledged);
  const rows = await withClient(environment['DATABASE_URL'] ?? '', (client) =>
    client.query<{ n: number }>('SELECT count(*)::integer AS n FROM session_audio_segments'),
  );
  other.child.kill('SIGTERM');
  await other.exit;
  const { stdout } = await built.run(['reindex', '--verify'], environment);
  const { added, missing, damaged, unreadable } = JSON.parse(stdout) as Record<string, unknown>;
  say({ kills, acknowledged: acknowledged.length, rows: rows.rows[0]?.n, cut, lost: lost.length, added });
  expect(lost).toEqual([]);
  expect({ missing, damaged, unreadable }).toEqual({ missing: [], damaged: [], unreadable: [] });
});

test('@long [SRV-35] a real store refuses what was not signed: another type, another length, after its time, without a signature', async () => {
  const store = openS3Store(ceph.storage);
  const audio = new Uint8Array(wavFile());
  const put = await store.presignPut?.('tickets/one', {
    contentType: 'audio/wav',
    byteSize: audio.byteLength,
    seconds: 300,
  });
  const send = async (body: Uint8Array<ArrayBuffer>, type = 'audio/wav', url = put?.url ?? '') =>
    (await fetch(url, { method: 'PUT', headers: { 'content-type': type }, body })).status;
  expect(await send(audio, 'text/html')).toBe(403);
  expect(await send(audio.slice(1))).toBe(403);
  expect(await send(audio, 'audio/wav', put?.url.replace('tickets/one', 'tickets/two'))).toBe(403);
  const over = await store.presignPut?.('tickets/one', {
    contentType: 'audio/wav',
    byteSize: audio.byteLength,
    seconds: 1,
  });
  await wait(2500);
  expect(await send(audio, 'audio/wav', over?.url)).toBe(403);
  expect(await store.size('tickets/one')).toBeUndefined();
  expect(await send(audio)).toBe(200);
  expect(await store.size('tickets/one')).toBe(audio.byteLength);
  expect((await fetch(`${ceph.storage.endpoint}/recordings/voice/tickets/one`)).status).toBe(403);
  const many = Array.from({ length: 1100 }, (_, i) => ({ key: `recordings/many/${i}.json`, bytes: Buffer.from('{}') }));
  await store.put(many);
  const listed: string[] = [];
  for await (const { key } of store.list('recordings/many/')) listed.push(key);
  expect(new Set(listed).size).toBe(1100);
  await store.remove(listed);
  for await (const { key } of store.list('recordings/many/')) throw new Error(`${key} is still there.`);
});

test('@long [SRV-36] a database that is away for 60 s: 503 all the time, the process lives, nothing acknowledged is lost', async () => {
  const it = await startServerUnderTest({ data: '', databaseUrl: await postgres.newDatabase(), storage: ceph.storage });
  const acknowledged: Acknowledged[] = [];
  const refused: Record<string, number> = {};
  const stop = new AbortController();
  const load = sendLoad({
    target: () => it.server.url,
    token: TOKEN,
    clients: 4,
    signal: stop.signal,
    onAcknowledged: (segment) => void acknowledged.push(segment),
    onRefused: (status) => (refused[String(status)] = (refused[String(status)] ?? 0) + 1),
  });
  await wait(3000);
  await postgres.stop();
  const before = acknowledged.length;
  await wait(60_000);
  await postgres.start();
  const back = acknowledged.length;
  await wait(5000);
  stop.abort();
  await load;
  const lost = await findLost(it.server.url, TOKEN, acknowledged);
  say({ before, during: back - before, after: acknowledged.length - back, refused, lost: lost.length });
  expect(Object.keys(refused)).toEqual(['503']);
  expect(acknowledged.length).toBeGreaterThan(back);
  expect(lost).toEqual([]);
  await it[Symbol.asyncDispose]();
});

test('@long [SRV-101] 64 clients that send 20 MB each, slowly: little memory, everything stored', async () => {
  const data = await mkdtemp(join(tmpdir(), 'turntape-large-'));
  const server = built.start(['--data', data, '--port', '0'], { TURNTAPE_TOKEN: TOKEN });
  const url = await listening(server);
  const report = await holdLargeUploads({ url, pid: server.child.pid }, { clients: 64, bytes: 20_000_000 });
  server.child.kill('SIGTERM');
  await server.exit;
  await rm(data, { recursive: true });
  say(report);
  expect(report.statuses).toEqual({ 201: 64 });
  expect(report.grownBytes).toBeLessThan(report.heldBytes / 8);
});

test('@long [SRV-90] 10,000 bad bodies: none is an error of the server, which goes on', async () => {
  const it = await startServerUnderTest({ maxBytes: 1_000_000 });
  const statuses = await sendBadBodies(it.server.url, TOKEN, 10_000);
  say(statuses);
  expect(Object.keys(statuses).filter((status) => !/^(200|201|400|404|409|410|413|415|422)$/.test(status))).toEqual([]);
  const audio = wavFile();
  expect((await it.postSegment(segmentFacts(audio), audio)).status).toBe(201);
  await it[Symbol.asyncDispose]();
});
