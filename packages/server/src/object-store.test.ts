import { randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { BlobStore } from './blob-store.ts';
import { reindex } from './operate/reindex.ts';
import { openS3Store } from './s3-store.ts';
import { startBucket, type BucketUnderTest } from './testing/bucket.ts';
import { segmentFacts, sessionFacts, wavFile } from './testing/sample-facts.ts';
import { read, startServerUnderTest } from './testing/server-under-test.ts';

// The embedded database with an S3-compatible store, or one of the program's own.
let bucket: BucketUnderTest;
beforeAll(async () => {
  bucket = await startBucket();
});
afterAll(() => bucket[Symbol.asyncDispose]());

test('[SRV-35] an object store holds, lists, gives by range and deletes; its rows name objects, never signed', async () => {
  const store = openS3Store(bucket.storage);
  const folder = `recordings/${randomUUID()}/`;
  const blobs = Array.from({ length: 5 }, (_, i) => ({ key: `${folder}${i}.json`, bytes: Buffer.from(`{"i":${i}}`) }));
  await store.put(blobs);
  const listed: string[] = [];
  for await (const { key, byteSize, modifiedAtMs } of store.list(folder)) {
    listed.push(key);
    expect(byteSize).toBe(7);
    expect(Math.abs(modifiedAtMs - Date.now())).toBeLessThan(60_000);
  }
  expect(listed.sort()).toEqual(blobs.map(({ key }) => key));
  const part = (await store.read(`${folder}3.json`, { first: 1, last: 3 }).toArray()) as Buffer[];
  expect(Buffer.concat(part).toString()).toBe('"i"');
  await store.remove([`${folder}0.json`, `${folder}not-there.json`]);
  expect(await store.size(`${folder}0.json`)).toBeUndefined();
  expect(await store.size(`${folder}1.json`)).toBe(7);
  expect(store.url('recordings/a')).toBe('s3://recordings/voice/eu/recordings/a');
  await expect(store.read(`${folder}0.json`).toArray()).rejects.toMatchObject({ name: 'StoreError', status: 404 });
});

test('[SRV-131] an object store is told to encrypt what it keeps, and the word is signed', async () => {
  const sent: (string | string[] | undefined)[] = [];
  bucket.onRequest = (method, _, headers) => {
    if (method === 'PUT') sent.push(headers['x-amz-server-side-encryption'], headers['authorization']);
  };
  const blob = { key: 'recordings/a.json', bytes: Buffer.from('{}') };
  await openS3Store({ ...bucket.storage, encryption: 'aws:kms' }).put([blob]);
  await openS3Store(bucket.storage).put([blob]);
  bucket.onRequest = undefined;
  expect(sent).toEqual([
    'aws:kms',
    expect.stringMatching(/SignedHeaders=[^,]*x-amz-server-side-encryption/) as string,
    undefined,
    expect.not.stringContaining('encryption') as string,
  ]);
});

test('[SRV-109] [SRV-130] audio lies where the operator wants it: stored, played, redacted, indexed and erased there', async () => {
  const long = 'a-folder-with-a-long-name/'.repeat(10);
  const it = await startServerUnderTest({
    storage: bucket.storage,
    audioKeys: `${long}{yyyy}/{mm}/{session_id}/{role}_{unix}_{segment_id}.{ext}`,
  });
  const store = openS3Store(bucket.storage);
  const audio = wavFile(400, { value: 3 });
  const words = sessionFacts();
  const sessionId = String(words['session_id']);
  // What a client calls its key leads nowhere.
  const facts = segmentFacts(audio, { session_id: sessionId, audio_key: '../../etc/passwd' });
  const id = String(facts['segment_id']);
  const key = `${long}2026/11/${sessionId}/user_1763632801_${id}.wav`.replace(
    '1763632801',
    String(Date.parse(String(facts['started_at'])) / 1000),
  );
  expect(key.length).toBeGreaterThan(300);
  expect(await it.postSegment(facts, audio)).toMatchObject({
    status: 201,
    body: { audio_url: `s3://recordings/voice/eu/${key}` },
  });
  expect(await store.size(key)).toBe(audio.length);
  const play = async () =>
    Buffer.from(await (await it.request(`/v1/segments/${id}/audio`)).arrayBuffer()).equals(audio);
  expect(await play()).toBe(true);
  const { body: list } = await it.get(`/v1/sessions/${sessionId}`);
  const signed = `${it.server.url}${(list as { turns: { playback_url: string }[] }).turns[0]?.playback_url}`;
  expect((await (await fetch(signed)).arrayBuffer()).byteLength).toBe(audio.length);
  await it.server.db.query('TRUNCATE sessions, session_audio_segments CASCADE');
  expect(await reindex(it.server.db, store, { verify: true })).toMatchObject({ missing: [], damaged: [] });
  expect(await play()).toBe(true);
  const silent = wavFile(400);
  const redacted = segmentFacts(silent, { session_id: sessionId, turn_id: facts['turn_id'], replaces: id });
  expect((await it.postSegment(redacted, silent)).status).toBe(201);
  expect(await store.size(key)).toBeUndefined();
  // Its row is lost, its facts say where it is.
  await it.server.db.query('UPDATE session_audio_segments SET audio_key = NULL');
  const { body } = await read(await it.request(`/v1/sessions/${sessionId}`, { method: 'DELETE' }));
  expect(body).toMatchObject({ files: 2 });
  expect((await read(await fetch(signed))).status).toBe(404);
  for await (const { key: left } of store.list(long)) throw new Error(`${left} is still there.`);
  await it[Symbol.asyncDispose]();
});

test('[SRV-110] a program brings a store of its own', async () => {
  const files = new Map<string, Buffer>();
  const blobs: BlobStore = {
    async put(list) {
      for (const { key, bytes } of list)
        files.set(key, bytes instanceof Uint8Array ? Buffer.from(bytes) : await buffer(bytes.read()));
    },
    size: (key) => Promise.resolve(files.get(key)?.byteLength),
    read: (key, range) => Readable.from([files.get(key)?.subarray(range?.first ?? 0, (range?.last ?? 1e9) + 1)]),
    remove: (keys) => Promise.resolve(keys.forEach((key) => files.delete(key))),
    async *list(prefix) {
      for (const [key, bytes] of files)
        if (key.startsWith(prefix)) yield await Promise.resolve({ key, byteSize: bytes.byteLength, modifiedAtMs: 0 });
    },
    probe: () => Promise.resolve(),
    url: (key) => `memory:${key}`,
  };
  const it = await startServerUnderTest({ blobs });
  const audio = wavFile(400_000, { value: 1 });
  const facts = segmentFacts(audio);
  expect((await it.postSegment(facts, audio)).status).toBe(201);
  const part = await it.request(`/v1/segments/${String(facts['segment_id'])}/audio`, {
    headers: { range: 'bytes=44-99' },
  });
  expect(Buffer.from(await part.arrayBuffer()).equals(audio.subarray(44, 100))).toBe(true);
  await read(await it.request(`/v1/sessions/${String(facts['session_id'])}`, { method: 'DELETE' }));
  expect([...files.keys()]).toEqual([`erased/${String(facts['session_id'])}.json`]);
  await it[Symbol.asyncDispose]();
});
