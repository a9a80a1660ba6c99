import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openFileStore } from '../file-store.ts';
import { reindex } from '../operate/reindex.ts';
import { segmentFacts, sessionFacts, wavFile } from '../testing/sample-facts.ts';
import { read, startServerUnderTest, type ServerUnderTest } from '../testing/server-under-test.ts';

let it: ServerUnderTest;
beforeAll(async () => {
  it = await startServerUnderTest();
});
afterAll(() => it[Symbol.asyncDispose]());

const audio = wavFile();
const attach = async (sessionId: string, facts: unknown, file?: Buffer) => {
  const form = new FormData();
  form.set('recording', JSON.stringify(facts));
  if (file !== undefined) form.set('audio', new Blob([new Uint8Array(file)], { type: 'text/html' }), '../../x.html');
  return read(await it.request(`/v1/sessions/${sessionId}/recordings`, { method: 'POST', body: form }));
};

test('[SRV-107] a recording that somebody else made is attached to its session, listed, played, and erased with it', async () => {
  const sessionId = randomUUID();
  const facts = {
    recording_id: randomUUID(),
    recording_source: 'twilio',
    recording_type: 'mixed',
    external_id: 'RE0123',
    format: 'wav',
    num_channels: 2,
    duration_ms: 100,
    metadata: { call_sid: 'CA0123' },
  };
  const first = await attach(sessionId, facts, audio);
  const key = `recordings/${sessionId}/external/${facts.recording_id}.wav`;
  expect(first).toMatchObject({ status: 201, body: { byte_size: audio.length, audio_url: key } });
  expect(await attach(sessionId, facts, audio)).toMatchObject({ status: 200, body: first.body as object });
  const { body } = await it.get(`/v1/sessions/${sessionId}/recordings`);
  const [listed] = (body as { recordings: Record<string, unknown>[] }).recordings;
  expect(listed).toMatchObject({ ...facts, status: 'completed', byte_size: audio.length, audio_url: key });
  const played = await fetch(`${it.server.url}${String(listed?.['playback_url'])}`);
  expect(played.headers.get('content-type')).toBe('audio/wav');
  expect(Buffer.from(await played.arrayBuffer()).equals(audio)).toBe(true);
  // The files are the truth.
  await it.server.db.query('DELETE FROM session_recordings WHERE session_id = $1', [sessionId]);
  const report = await reindex(it.server.db, await openFileStore(it.data), { verify: true });
  expect(report).toMatchObject({ added: { recordings: 1 }, missing: [], damaged: [], orphans: [] });
  expect((await it.get(`/v1/sessions/${sessionId}/recordings`)).body).toMatchObject({ recordings: [facts] });
  expect((await it.ask('DELETE', `/v1/sessions/${sessionId}`)).status).toBe(200);
  expect(existsSync(it.folder(sessionId))).toBe(false);
  expect(await it.rows('SELECT 1 FROM session_recordings WHERE session_id = $1', [sessionId])).toEqual([]);
  expect((await attach(sessionId, facts, audio)).status).toBe(410);
});

test('[SRV-107] an attached recording that is not what it says is refused by name; one alone can be deleted, but not under a hold', async () => {
  const sessionId = randomUUID();
  const facts = { recording_id: randomUUID(), format: 'wav' };
  for (const [given, file, status, field] of [
    [{ ...facts, recording_id: '../x' }, audio, 422, 'recording_id'],
    [{ ...facts, recording_type: 'bot' }, audio, 422, 'recording_type'],
    [{ ...facts, recording_source: 'derived' }, audio, 422, 'recording_source'],
    [{ ...facts, format: 'mp3' }, audio, 415, 'audio'],
    [{ ...facts, sha256: 'f'.repeat(64) }, audio, 422, 'sha256'],
    [{ ...facts, byte_size: 3 }, audio, 422, 'byte_size'],
    [facts, undefined, 400, 'audio'],
  ] as const)
    expect(await attach(sessionId, given, file)).toMatchObject({ status, body: { error: { field } } });
  expect(existsSync(it.folder(sessionId))).toBe(false);
  expect((await attach(sessionId, facts, audio)).status).toBe(201);
  expect(await attach(sessionId, facts, wavFile(10))).toMatchObject({
    status: 409,
    body: { error: { code: 'conflict' } },
  });
  expect((await attach(randomUUID(), facts, audio)).status).toBe(409);
  const remove = async () => (await it.ask('DELETE', `/v1/recordings/${facts.recording_id}`)).status;
  await it.ask('PATCH', `/v1/sessions/${sessionId}`, { legal_hold: true });
  expect(await remove()).toBe(409);
  await it.ask('PATCH', `/v1/sessions/${sessionId}`, { legal_hold: false });
  expect([await remove(), await remove()]).toEqual([204, 404]);
  expect(existsSync(join(it.folder(sessionId), 'external'))).toBe(false);
});

test('[SRV-113] what was refused of a session is counted with it, by code, and goes with it', async () => {
  const session = sessionFacts();
  const sessionId = String(session['session_id']);
  await it.post('/v1/sessions', session);
  const sent = () => segmentFacts(audio, { session_id: sessionId });
  for (let wrong = 0; wrong < 7; wrong++) await it.postSegment({ ...sent(), sha256: 'f'.repeat(64) }, audio);
  const facts = sent();
  const other = wavFile(10);
  await it.postSegment(facts, audio);
  await it.postSegment({ ...segmentFacts(other), session_id: sessionId, segment_id: facts['segment_id'] }, other);
  // Of a session that nobody knows nothing is kept.
  await it.postSegment(segmentFacts(audio, { sha256: 'f'.repeat(64) }), audio);
  const { body } = await it.get(`/v1/sessions/${sessionId}`);
  expect(body).toMatchObject({ session: { refused: { hash_mismatch: 7, conflict: 1 } } });
  const kept = () => it.rows('SELECT 1 FROM session_refusals WHERE session_id = $1', [sessionId]);
  expect(await kept()).toHaveLength(2);
  await it.ask('DELETE', `/v1/sessions/${sessionId}`);
  expect(await kept()).toEqual([]);
});
