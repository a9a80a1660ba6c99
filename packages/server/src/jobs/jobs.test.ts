import { createHmac, randomUUID } from 'node:crypto';
import { EventEmitter, once } from 'node:events';
import { rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { AudioLinks } from '../access/audio-link.ts';
import { openEmbeddedDatabase } from '../embedded/database.ts';
import { newDataFolder } from '../testing/new-data-folder.ts';
import { segmentFacts, sessionFacts, wavFile } from '../testing/sample-facts.ts';
import { startServerUnderTest, type ServerUnderTest } from '../testing/server-under-test.ts';
import { waitFor } from '../testing/wait-for.ts';
import type { ServerHooks } from './hooks.ts';
import { enqueue } from './job-queue.ts';
import { JobRunner, type JobWork } from './job-runner.ts';
import { webhookWork } from './webhook.ts';

const SECRET = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;

interface Call {
  headers: Record<string, string | string[] | undefined>;
  body: string;
}
const calls: Call[] = [];
/** What the other side answers next; 204 when nothing is said. */
const answers: number[] = [];
let sink: Server;
let it: ServerUnderTest;
const [BANNED, UNKNOWN] = [randomUUID(), randomUUID()];
const hooks: ServerHooks = {
  authorize: ({ subject, method, path }) => {
    if (path.includes(UNKNOWN)) throw new TypeError('the list of members is away');
    return !(subject === 'development' && method === 'GET' && path.includes(BANNED));
  },
  transcribe: ({ segment, audio }) => {
    if (segment.external_id === 'mumbled') return Promise.reject(new TypeError('the recogniser is tired'));
    return Promise.resolve({ text: `${audio.byteLength} bytes`, language: 'en', confidence: 0.75 });
  },
};

beforeAll(async () => {
  sink = createServer((request, response) => {
    const pieces: Buffer[] = [];
    request.on('data', (piece: Buffer) => pieces.push(piece));
    request.on('end', () => {
      calls.push({ headers: request.headers, body: Buffer.concat(pieces).toString() });
      response.writeHead(answers.shift() ?? 204).end();
    });
  });
  sink.listen(0, '127.0.0.1');
  await once(sink, 'listening');
  const url = `http://127.0.0.1:${(sink.address() as AddressInfo).port}/hook`;
  it = await startServerUnderTest({ webhook: { url, secret: SECRET, delayMs: 0 }, hooks });
});
afterAll(async () => {
  await it[Symbol.asyncDispose]();
  sink.close();
});

interface Job {
  job_id: string;
  state: string;
  attempts: number;
  last_error: string | null;
}
const job = async (dedupKey: string): Promise<Job | undefined> =>
  (
    await it.rows<Job>('SELECT job_id, state, attempts, last_error FROM turntape_jobs WHERE dedup_key = $1', [dedupKey])
  )[0];
const inState = (dedupKey: string, state: string) =>
  waitFor(async () => {
    const found = await job(dedupKey);
    return found?.state === state ? found : undefined;
  });
const retry = (jobId: string) => it.request(`/v1/jobs/${jobId}/retry`, { method: 'POST' });
const ended = { ended_at: '2026-11-20T10:05:00.000Z', end_reason: 'session_stop', state: 'ended' };

test('[SRV-61] the end of a session is told once, signed, and again until it is taken; also of one without a segment', async () => {
  const session = sessionFacts();
  const sessionId = String(session['session_id']);
  answers.push(503, 500, 302);
  await it.post('/v1/sessions', session);
  const form = new FormData();
  form.set('recording', JSON.stringify({ recording_id: randomUUID(), format: 'wav', external_id: 'RE0' }));
  form.set('audio', new Blob([new Uint8Array(wavFile())]), 'audio');
  await it.request(`/v1/sessions/${sessionId}/recordings`, { method: 'POST', body: form });
  await it.post('/v1/sessions', { ...session, ...ended });
  await it.post('/v1/sessions', { ...session, ...ended });
  const key = `webhook/${sessionId}`;
  for (const code of ['webhook_503', 'webhook_500', 'webhook_unreachable']) {
    const failed = await waitFor(async () => {
      const found = await job(key);
      return found?.last_error === code && found.state === 'queued' ? found : undefined;
    });
    await retry(failed.job_id);
  }
  await inState(key, 'done');
  // Told once more by a device that did not hear our answer: it is not passed on again.
  await it.post('/v1/sessions', { ...session, ...ended });
  expect((await job(key))?.state).toBe('done');
  expect(calls).toHaveLength(4);
  expect(new Set(calls.map(({ headers }) => headers['webhook-id'])).size).toBe(1);
  const { headers, body } = calls[3]!;
  expect(JSON.parse(body)).toMatchObject({
    type: 'session.completed',
    data: { session_id: sessionId, segments: 0, end_reason: 'session_stop', metadata: { user_id: 'u-1' } },
  });
  const signed = `${String(headers['webhook-id'])}.${String(headers['webhook-timestamp'])}.${body}`;
  const signature = createHmac('sha256', Buffer.alloc(32, 7)).update(signed).digest('base64');
  expect(headers['webhook-signature']).toBe(`v1,${signature}`);
  expect(body).not.toContain('text_version');
  expect((JSON.parse(body) as { data: { recordings: object[] } }).data.recordings).toEqual([
    expect.objectContaining({
      external_id: 'RE0',
      audio_url: expect.stringContaining(`recordings/${sessionId}/external/`) as string,
      playback_url: expect.stringContaining('/audio?expires=') as string,
    }),
  ]);
});

test('[SRV-61] of a session that was erased meanwhile nothing is told', async () => {
  // Where nobody listens: a call would fail.
  const work = webhookWork(it.server.db, new AudioLinks(Buffer.alloc(32)), {
    url: 'http://127.0.0.1:1/',
    secret: SECRET,
  });
  const erased = { job_id: randomUUID(), kind: 'webhook', session_id: randomUUID(), facts: {}, attempts: 1 } as const;
  await work(erased, new AbortController().signal);
  const session = sessionFacts();
  await it.post('/v1/sessions', session);
  await expect(
    work({ ...erased, session_id: String(session['session_id']) }, new AbortController().signal),
  ).rejects.toMatchObject({ code: 'webhook_unreachable' });
});

test('[SRV-111] the operator’s own hook has the last word on every request, and one that fails is no permission', async () => {
  expect(await it.get(`/v1/sessions/${BANNED}`)).toMatchObject({ status: 403, body: { error: { code: 'forbidden' } } });
  expect(await it.get(`/v1/sessions/${UNKNOWN}`)).toMatchObject({
    status: 503,
    body: { error: { code: 'unavailable', retry_after_ms: 5000 } },
  });
  expect((await it.get(`/v1/sessions/${randomUUID()}`)).status).toBe(404);
  expect(it.log.some(({ event }) => event === 'authorize_failed')).toBe(true);
});

test('[SRV-62] a stored segment is given to the recogniser, and its words become the transcript of its turn', async () => {
  const audio = wavFile();
  const facts = segmentFacts(audio);
  await it.postSegment(facts, audio);
  const answer = segmentFacts(audio, { speaker: 'bot' });
  await it.postSegment(answer, audio);
  await inState(`transcribe/${String(answer['segment_id'])}`, 'done');
  expect(
    await it.rows('SELECT turn_id, role FROM session_transcripts WHERE session_id = $1', [answer['session_id']]),
  ).toEqual([{ turn_id: answer['turn_id'], role: 'assistant' }]);
  await inState(`transcribe/${String(facts['segment_id'])}`, 'done');
  expect(
    await it.rows('SELECT turn_id, role, text, confidence FROM session_transcripts WHERE session_id = $1', [
      facts['session_id'],
    ]),
  ).toEqual([{ turn_id: facts['turn_id'], role: 'user', text: `${audio.length} bytes`, confidence: 0.75 }]);
});

test('[SRV-63] a job that fails again and again is given up, listed, and done when it is asked for again', async () => {
  const audio = wavFile();
  const facts = segmentFacts(audio, { external_id: 'mumbled' });
  await it.postSegment(facts, audio);
  const key = `transcribe/${String(facts['segment_id'])}`;
  await waitFor(async () => ((await job(key))?.last_error === null ? undefined : true));
  const failedAs = (attempts: number) =>
    waitFor(
      async () =>
        (
          await it.rows<{ pause: number }>(
            `SELECT extract(epoch FROM run_at - now())::float8 AS pause FROM turntape_jobs
              WHERE dedup_key = $1 AND attempts = $2 AND state = 'queued'`,
            [key, attempts],
          )
        )[0],
    );
  // Each pause is twice as long as the one before, less or more a quarter: after five tries two minutes and not eight seconds.
  await it.server.db.query(`UPDATE turntape_jobs SET attempts = 4, run_at = now() WHERE dedup_key = $1`, [key]);
  expect((await failedAs(5)).pause).toBeGreaterThan(60);
  // Whoever had it has died: its hold is over, and it is taken again.
  await it.server.db.query(
    `UPDATE turntape_jobs SET state = 'running', held_until = now() - interval '1 second', attempts = 7, run_at = now()
      WHERE dedup_key = $1`,
    [key],
  );
  await failedAs(8);
  // The last of its tries.
  await it.server.db.query(
    `UPDATE turntape_jobs SET attempts = 11, run_at = now() WHERE dedup_key = $1 AND state = 'queued'`,
    [key],
  );
  const dead = await inState(key, 'dead');
  expect(dead).toMatchObject({ attempts: 12, last_error: 'TypeError' });
  const { body } = await it.get('/v1/jobs');
  expect((body as { jobs: { job_id: string }[] }).jobs.map(({ job_id: id }) => id)).toContain(dead.job_id);
  expect(JSON.stringify(body)).not.toContain('tired');
  expect((await retry(dead.job_id)).status).toBe(202);
  // Counted anew; on a slow machine it has been tried twice by the time that we look.
  await waitFor(async () => ([1, 2, 3].includes((await job(key))?.attempts ?? 0) ? true : undefined));
});

test('[SRV-81] the figures count what was accepted, repeated, refused, stored and played, and what is active and queued', async () => {
  const figure = async (name: string) => {
    const text = await (await it.request('/metrics')).text();
    const line = text.split('\n').find((candidate) => candidate.startsWith(`${name} `));
    return Number(line?.split(' ')[1] ?? 0);
  };
  const before = {
    accepted: await figure('turntape_segments_accepted_total'),
    duplicate: await figure('turntape_segments_duplicate_total'),
    bytes: await figure('turntape_segment_bytes_total'),
    timed: await figure('turntape_segment_end_to_stored_seconds_count'),
    active: await figure('turntape_active_sessions'),
  };
  const audio = wavFile();
  const facts = segmentFacts(audio);
  await it.postSegment(facts, audio);
  await it.postSegment(facts, audio);
  for (let wrong = 0; wrong < 7; wrong++)
    await it.postSegment({ ...segmentFacts(audio), sha256: 'f'.repeat(64) }, audio);
  for (let open = 0; open < 7; open++) await it.post('/v1/sessions', sessionFacts());
  expect(await figure('turntape_segments_accepted_total')).toBe(before.accepted + 1);
  expect(await figure('turntape_segments_duplicate_total')).toBe(before.duplicate + 1);
  expect(await figure('turntape_segment_bytes_total')).toBe(before.bytes + audio.length);
  expect(await figure('turntape_segment_end_to_stored_seconds_count')).toBe(before.timed + 1);
  expect(await figure('turntape_rejected_total{code="hash_mismatch"}')).toBe(7);
  expect(await figure('turntape_active_sessions')).toBe(before.active + 7);
  const played = await figure('turntape_audio_sent_bytes_total');
  const listen = async (method: string, range?: string) => {
    const path = `/v1/segments/${String(facts['segment_id'])}/audio`;
    const response = await it.request(path, { method, headers: range === undefined ? {} : { range } });
    return (await response.arrayBuffer()).byteLength;
  };
  const bytes = (await listen('GET')) + (await listen('GET', 'bytes=10-29')) + (await listen('HEAD'));
  expect(bytes).toBe(audio.length + 20);
  expect(await figure('turntape_audio_sent_bytes_total')).toBe(played + bytes);
  // Nobody takes a job that is due in an hour.
  const later = { kind: 'webhook', sessionId: String(facts['session_id']), delayMs: 3_600_000 } as const;
  const waiting = async () => [await figure('turntape_jobs_queued'), await figure('turntape_jobs_dead')];
  await inState(`transcribe/${String(facts['segment_id'])}`, 'done');
  const [queued = NaN, dead = NaN] = await waiting();
  for (const dedupKey of ['figures/1', 'figures/2']) await enqueue(it.server.db, { ...later, dedupKey });
  expect(await waiting()).toEqual([queued + 2, dead]);
  await it.server.db.query(`UPDATE turntape_jobs SET state = 'dead' WHERE dedup_key = 'figures/1'`);
  expect(await waiting()).toEqual([queued + 1, dead + 1]);
  const [stored] = await it.rows<{ bytes: number }>(
    'SELECT sum(byte_size)::float8 AS bytes FROM session_audio_segments',
  );
  expect(await figure('turntape_storage_used_bytes')).toBe(stored?.bytes);
});

const never = () => Promise.reject(new Error('not this one'));

test('[SRV-135] a job that is under way when the server ends is given back as it was, and no try is counted', async () => {
  const data = await newDataFolder();
  const database = await openEmbeddedDatabase(join(data, 'database'));
  const begun = new EventEmitter();
  const isBegun = once(begun, 'begun');
  const webhook: JobWork = async (_, signal) => {
    begun.emit('begun');
    await once(signal, 'abort');
    signal.throwIfAborted();
  };
  const work = { webhook, transcribe: never, session_file: never, quality: never };
  const runner = new JobRunner(database, () => undefined, work);
  await enqueue(database, { kind: 'webhook', sessionId: randomUUID(), dedupKey: 'webhook/one' });
  runner.start();
  await isBegun;
  await runner.stop();
  const { rows } = await database.query('SELECT state, attempts, held_until, last_error FROM turntape_jobs');
  expect(rows).toEqual([{ state: 'queued', attempts: 0, held_until: null, last_error: null }]);
  await database.close();
  await rm(data, { recursive: true });
});
