import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { once } from 'node:events';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { LOCK_FILE } from './data-lock.ts';
import { startServer } from './server.ts';
import type { BlobStore } from './blob-store.ts';
import { openFileStore } from './file-store.ts';
import { SettingsError } from './settings-error.ts';
import { startBucket } from './testing/bucket.ts';
import { segmentFacts, transcriptFacts, wavFile } from './testing/sample-facts.ts';
import { newDataFolder } from './testing/new-data-folder.ts';
import { startServerUnderTest, TOKEN, type ServerUnderTest } from './testing/server-under-test.ts';

// One folder and one database for the file; the tests stop and start the server on it, in their order.
let it: ServerUnderTest;
let data = '';
beforeAll(async () => {
  data = await newDataFolder();
  it = await startServerUnderTest({ data });
});
afterAll(() => it[Symbol.asyncDispose]());

const quiet = () => undefined;

test('[SRV-18] a second server on the folder is refused before it touches the database', async () => {
  const second = startServer({ data, token: TOKEN, port: 0, log: quiet });
  await expect(second).rejects.toThrow(SettingsError);
  await expect(second).rejects.toThrow('is using this folder');
  expect((await it.get('/v1/config')).status).toBe(200);
});

test('[SRV-19] a request under way is finished, then the database is closed and the folder let go', async () => {
  const body = Buffer.from(JSON.stringify(transcriptFacts()));
  const upload = request(`${it.server.url}/v1/transcripts`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${TOKEN}`,
      'content-type': 'application/json',
      'content-length': body.length,
      // The answer to this says that the server has begun with the request.
      expect: '100-continue',
    },
  });
  upload.flushHeaders();
  await once(upload, 'continue');
  upload.write(body.subarray(0, 20));
  const closed = it.server.close();
  expect(existsSync(join(data, LOCK_FILE))).toBe(true);
  upload.end(body.subarray(20));
  const [response] = (await once(upload, 'response')) as [{ statusCode: number; resume(): void }];
  response.resume();
  expect(response.statusCode).toBe(201);
  await closed;
  expect(existsSync(join(data, LOCK_FILE))).toBe(false);
  await expect(fetch(it.server.url)).rejects.toThrow('fetch failed');
  await it.server.close();
});

test('[SRV-19] what was acknowledged is there after a restart, and half-written files are gone', async () => {
  await writeFile(join(data, 'incoming', 'x.part'), 'half');
  it = await startServerUnderTest({ data });
  expect(it.log).toContainEqual({ level: 'warn', event: 'swept', facts: { half_written_files: 1 } });
  expect(await it.rows('SELECT text FROM session_transcripts')).toHaveLength(1);
  const audio = wavFile();
  const facts = segmentFacts(audio);
  expect((await it.postSegment(facts, audio)).status).toBe(201);
  await it.server.close();
  it = await startServerUnderTest({ data });
  expect((await it.postSegment(facts, audio)).status).toBe(200);
});

test('[SRV-31] what a process that died left without a row is adopted by the next', async () => {
  const audio = wavFile();
  const facts = segmentFacts(audio);
  await it.postSegment(facts, audio);
  // As if it had died between the files and the row: the row is not there, and its lock is.
  await it.server.db.query('DELETE FROM session_audio_segments WHERE segment_id = $1', [facts['segment_id']]);
  await it.server.close();
  const { pid } = spawnSync('true');
  await writeFile(join(data, LOCK_FILE), JSON.stringify({ pid, started: '1', host: hostname(), nonce: 'dead' }));
  it = await startServerUnderTest({ data });
  expect(it.log).toContainEqual({
    level: 'info',
    event: 'adopted',
    facts: expect.objectContaining({ added_segments: 1, orphans: 0, missing: 0 }) as object,
  });
  expect((await it.postSegment(facts, audio)).status).toBe(200);
  expect(it.log.map(({ event }) => event)).not.toContain('migrated');
});

test('[SRV-20] a port that is taken, an address that is not ours and a folder that is a file are named', async () => {
  const other = await newDataFolder();
  const start = (options: object) => startServer({ data: other, token: TOKEN, port: 0, log: quiet, ...options });
  await expect(start({ port: it.server.port })).rejects.toThrow(`--port: port ${it.server.port} is taken`);
  await expect(start({ host: '203.0.113.7' })).rejects.toThrow('--host: 203.0.113.7 is no address of this machine');
  await expect(start({ data: join(data, LOCK_FILE) })).rejects.toThrow('--data: cannot write to');
  await expect(start({ token: '' })).rejects.toThrow('--token');
  expect(existsSync(join(other, LOCK_FILE))).toBe(false);
  await rm(other, { recursive: true });
});

test('[SRV-127] a store that cannot be written to ends the start and is named; a full disk does not', async () => {
  await using bucket = await startBucket();
  const folder = await newDataFolder();
  const start = (blobs?: BlobStore) =>
    startServerUnderTest({ data: folder, ...(blobs === undefined ? { storage: bucket.storage } : { blobs }) });
  for (const [fault, says] of [
    [403, 'the object store answered 403'],
    [404, 'the object store answered 404'],
    ['silence', 'the object store does not answer'],
  ] as const) {
    bucket.fault = fault;
    await expect(start()).rejects.toMatchObject({
      name: 'SettingsError',
      message: expect.stringMatching(
        new RegExp(`^--storage: cannot write to s3://recordings/voice/eu/ .*${says}`, 'i'),
      ) as string,
    });
  }
  bucket.fault = undefined;
  const files = await openFileStore(folder);
  const full = Object.assign(new Error('ENOSPC'), { code: 'ENOSPC' });
  const it = await start({ ...files, probe: () => Promise.reject(full) });
  expect(it.log).toContainEqual(expect.objectContaining({ level: 'error', event: 'storage_full' }));
  expect((await it.get('/v1/config')).status).toBe(200);
  await it[Symbol.asyncDispose]();
});
