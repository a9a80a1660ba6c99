import { createHash, randomUUID } from 'node:crypto';
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { BlobStore } from '../blob-store.ts';
import { openFileStore } from '../file-store.ts';
import { segmentFacts, sessionFacts, wavFile } from '../testing/sample-facts.ts';
import { startServerUnderTest, type ServerUnderTest } from '../testing/server-under-test.ts';
import { waitFor } from '../testing/wait-for.ts';
import { sessionFileWork } from './session-file.ts';

// What ffmpeg is asked to listen to and to make.
const run = promisify(execFile);
const around = (value: number) => [value - 200, value + 200] as const;

let it: ServerUnderTest;
beforeAll(async () => {
  it = await startServerUnderTest({ quality: true });
});
afterAll(() => it[Symbol.asyncDispose]());

interface Job {
  state: string;
  attempts: number;
  last_error: string | null;
}
const inState = (dedupKey: string, state: string) =>
  waitFor(async () => {
    const found = await it.rows<Job>(
      'SELECT state, attempts, last_error FROM turntape_jobs WHERE dedup_key = $1 AND state = $2',
      [dedupKey, state],
    );
    return found[0];
  });

test('[SRV-128] every stored segment is listened to, and its line says how it sounds; what cannot be listened to has none', async () => {
  const sessionId = randomUUID();
  const post = async (audio: Buffer, facts: Record<string, unknown> = {}) => {
    const segment = segmentFacts(audio, { session_id: sessionId, gaps: [], ...facts });
    expect((await it.postSegment(segment, audio)).status).toBe(201);
    return `quality/${String(segment['segment_id'])}`;
  };
  const sealed = Buffer.concat([Buffer.from('TTSEAL\0\u0001', 'latin1'), Buffer.alloc(100)]);
  const cut = { start_ms: 3, end_ms: 5, cause: 'blocks_lost' };
  const queued = [
    await post(wavFile(16_000, { value: 32_767 })),
    await post(wavFile(16_000), { gaps: [cut, cut], speaker: 'bot' }),
  ];
  const isSealed = await post(sealed, { capture: { sealed: { to: 'k', sample_rate: 16_000 } } });
  for (const key of queued) await inState(key, 'done');
  const { body } = await it.get(`/v1/sessions/${sessionId}`);
  const { turns } = body as { turns: { sealed: boolean; role: string; quality: Record<string, unknown> | null }[] };
  const of = (wanted: (turn: (typeof turns)[number]) => boolean) => turns.find(wanted)?.quality;
  expect(of(({ role, sealed: is }) => role === 'user' && !is)).toMatchObject({ clipped: 1, silent: 0, dropouts: 0 });
  expect(of(({ role }) => role === 'assistant')).toEqual({
    score: 0,
    clipped: 0,
    silent: 1,
    snr_db: null,
    dropouts: 2,
  });
  expect(of(({ sealed: is }) => is)).toBeNull();
  expect(await it.rows('SELECT 1 FROM turntape_jobs WHERE dedup_key = $1', [isSealed])).toEqual([]);
  const text = await (await it.request('/metrics')).text();
  expect(text).toContain('turntape_audio_quality_score_count 2');
});

test('[SRV-60] a session file has every segment at its place, user left and bot right, and the masters stay as they are', async () => {
  const session = sessionFacts({ started_at: '2026-11-20T10:00:00.000Z' });
  const sessionId = String(session['session_id']);
  await it.post('/v1/sessions', session);
  const user = wavFile(8000, { value: 9000 });
  const bot = wavFile(12_000, { value: -6000, sampleRate: 24_000 });
  const at = (from: number, to: number) => ({
    session_id: sessionId,
    started_at: `2026-11-20T10:00:0${from}Z`,
    ended_at: `2026-11-20T10:00:0${to}Z`,
  });
  const said = segmentFacts(user, { ...at(1.25, 1.75), duration_ms: 500 });
  const answered = segmentFacts(bot, { ...at(1.5, 2), speaker: 'bot', sample_rate: 24_000, duration_ms: 500 });
  await it.postSegment(said, user);
  await it.postSegment(answered, bot);
  const folder = join(it.data, 'recordings', sessionId);
  const masters = async () => {
    const names = (await readdir(folder)).filter((name) => name.endsWith('.wav')).sort();
    return Promise.all(names.map(async (name) => hash(await readFile(join(folder, name)))));
  };
  const before = await masters();
  const stereo = await make(sessionId, 'stereo', 'wav');
  expect(stereo.sha256).toBe(hash(stereo.bytes));
  const pcm = stereo.bytes.subarray(44);
  const sample = (second: number, channel: number) => pcm.readInt16LE((Math.round(second * 48_000) * 2 + channel) * 2);
  for (const [second, left, right] of [
    [0.5, 0, 0],
    [1.35, 9000, 0],
    [1.65, 9000, -6000],
    [1.9, 0, -6000],
  ] as const) {
    expect(sample(second, 0)).toBeGreaterThan(around(left)[0]);
    expect(sample(second, 0)).toBeLessThan(around(left)[1]);
    expect(sample(second, 1)).toBeGreaterThan(around(right)[0]);
    expect(sample(second, 1)).toBeLessThan(around(right)[1]);
  }
  expect(pcm.byteLength / 4 / 48_000).toBeCloseTo(2, 3);
  const mp3 = await make(sessionId, 'mono', 'mp3');
  const file = join(it.data, 'probe.mp3');
  await writeFile(file, mp3.bytes);
  const { stdout } = await run('ffprobe', [
    '-v',
    'error',
    '-show_entries',
    'stream=codec_name,channels',
    '-of',
    'csv=p=0',
    file,
  ]);
  expect(stdout.trim()).toBe('mp3,1');
  expect(await masters()).toEqual(before);

  // A redaction: nothing that was made from the old sound is left.
  const silent = wavFile(8000);
  await it.postSegment(segmentFacts(silent, { ...at(1.25, 1.75), replaces: said['segment_id'] }), silent);
  expect(existsSync(join(folder, 'derived'))).toBe(false);
  expect((await it.get(`/v1/sessions/${sessionId}/files`)).body).toEqual({ files: [], pending: [] });
  const again = await make(sessionId, 'user', 'wav');
  expect(Math.max(...new Int16Array(again.bytes.buffer.slice(again.bytes.byteOffset + 44)).map(Math.abs))).toBe(0);
});

test('[SRV-60] a session that is redacted while its file is made has none of the old sound in it', async () => {
  const audio = wavFile(1600, { value: 900 });
  const facts = segmentFacts(audio);
  const sessionId = String(facts['session_id']);
  await it.postSegment(facts, audio);
  const files = await openFileStore(it.data);
  const silent = wavFile();
  const blobs: BlobStore = {
    ...files,
    // It was read, and goes before the file is done.
    read: (key) =>
      Readable.from(
        (async function* () {
          const bytes = await readFile(join(it.data, key));
          const redacted = segmentFacts(silent, { session_id: sessionId, replaces: facts['segment_id'] });
          expect((await it.postSegment(redacted, silent)).status).toBe(201);
          yield bytes;
        })(),
      ),
  };
  const work = sessionFileWork(it.server.db, blobs);
  const job = { job_id: randomUUID(), session_id: sessionId, attempts: 1, facts: { layout: 'mono', format: 'wav' } };
  const { signal } = new AbortController();
  await expect(work({ ...job, kind: 'session_file' }, signal)).rejects.toMatchObject({ code: 'segments_changed' });
  expect((await it.get(`/v1/sessions/${sessionId}/files`)).body).toEqual({ files: [], pending: [] });
  expect(existsSync(join(it.data, 'recordings', sessionId, 'derived'))).toBe(false);
});

test('[SRV-60] a session without audio has no file, and one that cannot be decoded fails with its word', async () => {
  const post = (id: unknown) => it.post(`/v1/sessions/${String(id)}/files`, { layout: 'mono', format: 'opus' });
  const empty = sessionFacts();
  await it.post('/v1/sessions', empty);
  expect((await post(empty['session_id'])).status).toBe(404);
  const broken = Buffer.concat([wavFile(0).subarray(0, 12), Buffer.alloc(200, 1)]);
  const facts = segmentFacts(broken);
  expect((await it.postSegment(facts, broken)).status).toBe(201);
  expect((await post(facts['session_id'])).status).toBe(202);
  const dead = await inState(`session_file/${String(facts['session_id'])}/mono.opus`, 'dead');
  expect(dead).toMatchObject({ attempts: 1, last_error: 'audio_unreadable' });
});

/** Has a file made, and gets it by its signed address. */
async function make(sessionId: string, layout: string, format: string) {
  expect((await it.post(`/v1/sessions/${sessionId}/files`, { layout, format })).status).toBe(202);
  return waitFor(async () => {
    const { body } = await it.get(`/v1/sessions/${sessionId}/files`);
    const { files, pending } = body as {
      files: { layout: string; format: string; sha256: string; playback_url: string }[];
      pending: unknown[];
    };
    const file = files.find((made) => made.layout === layout && made.format === format);
    if (file === undefined || pending.length > 0) return undefined;
    const response = await fetch(`${it.server.url}${file.playback_url}`);
    return { ...file, bytes: Buffer.from(await response.arrayBuffer()) };
  });
}

function hash(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}
