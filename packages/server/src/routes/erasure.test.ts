import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, rm, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { openFileStore } from '../file-store.ts';
import { sweep } from '../operate/sweep.ts';
import { segmentFacts, sessionFacts, transcriptFacts, wavFile } from '../testing/sample-facts.ts';
import { startServerUnderTest, type ServerUnderTest } from '../testing/server-under-test.ts';

let it: ServerUnderTest;
beforeAll(async () => {
  it = await startServerUnderTest({ retainDays: 30 });
});
afterAll(() => it[Symbol.asyncDispose]());

const audio = wavFile();
const id = (session: Record<string, unknown>) => String(session['session_id']);
const file = (facts: Record<string, unknown>, extension = 'wav') =>
  join(it.data, 'recordings', String(facts['session_id']), `${String(facts['segment_id'])}.${extension}`);
const segmentIds = async (sessionId: string) =>
  (
    await it.rows<{ segment_id: string }>('SELECT segment_id FROM session_audio_segments WHERE session_id = $1', [
      sessionId,
    ])
  )
    .map(({ segment_id: id }) => id)
    .sort();

test('[SRV-54] a redacted segment takes the place of the old: its file, facts and row are gone, and do not come back', async () => {
  const old = segmentFacts(audio);
  const silent = wavFile(1600, { value: 0 });
  const made = { session_id: old['session_id'], turn_id: old['turn_id'] };
  const redacted = segmentFacts(silent, { ...made, replaces: old['segment_id'] });
  const again = segmentFacts(silent, { ...made, replaces: redacted['segment_id'] });
  await it.postSegment(old, audio);
  expect((await it.postSegment(redacted, silent)).status).toBe(201);
  expect(existsSync(file(old)) || existsSync(file(old, 'json'))).toBe(false);
  expect(await segmentIds(String(old['session_id']))).toEqual([redacted['segment_id']]);
  // A copy that was on its way is proved, so that the device lets go of it, and is not kept.
  const late = await it.postSegment(old, audio);
  expect(late).toMatchObject({ status: 200, body: { sha256: old['sha256'], audio_url: '' } });
  expect(existsSync(file(old))).toBe(false);
  expect((await it.postSegment(again, silent)).status).toBe(201);
  expect(await segmentIds(String(old['session_id']))).toEqual([again['segment_id']]);
});

test('[SRV-54] a chain of redactions ends with the last one, in whatever order it comes', async () => {
  const old = segmentFacts(audio);
  const made = { session_id: old['session_id'], turn_id: old['turn_id'] };
  const middle = segmentFacts(audio, { ...made, replaces: old['segment_id'] });
  const last = segmentFacts(audio, { ...made, replaces: middle['segment_id'] });
  await it.postSegment(old, audio);
  await it.postSegment(last, audio);
  expect((await it.postSegment(middle, audio)).status).toBe(200);
  expect(await segmentIds(String(old['session_id']))).toEqual([last['segment_id']]);
  expect(existsSync(file(old)) || existsSync(file(middle))).toBe(false);
  // The first comes when its redaction's redaction is here: the one between, which is not kept, takes it away.
  const [first, second, third] = [segmentFacts(audio, made), randomUUID(), segmentFacts(audio, made)];
  await it.postSegment({ ...third, replaces: second }, audio);
  await it.postSegment({ ...first, part: 2 }, audio);
  await it.postSegment({ ...segmentFacts(audio, made), segment_id: second, replaces: first['segment_id'] }, audio);
  expect(await segmentIds(String(old['session_id']))).not.toContain(first['segment_id']);
  expect(existsSync(file(first))).toBe(false);
});

const sentAt = (second: number) => `2026-11-21T10:00:0${second}.000Z`;

test('[SRV-100] a redaction whose forerunner never came takes the place of the copy that is here', async () => {
  const old = segmentFacts(audio, { sent_at: sentAt(1) });
  const made = { session_id: old['session_id'], turn_id: old['turn_id'] };
  // Kept on the device and replaced there before it was sent: nobody here knows its id.
  const between = segmentFacts(audio, { ...made, replaces: old['segment_id'], sent_at: sentAt(2) });
  const last = segmentFacts(audio, { ...made, replaces: between['segment_id'], sent_at: sentAt(3) });
  const otherPart = segmentFacts(audio, { ...made, part: 2, sent_at: sentAt(1) });
  // Of the other speaker, whose app calls question and answer one turn.
  const otherSpeaker = segmentFacts(audio, { ...made, speaker: 'bot', sent_at: sentAt(1) });
  // Sent after the redaction: what has overtaken it is not its forerunner.
  const later = segmentFacts(audio, { ...made, sent_at: sentAt(4) });
  await it.postSegment(later, audio);
  await it.postSegment(old, audio);
  await it.postSegment(otherPart, audio);
  await it.postSegment(otherSpeaker, audio);
  expect((await it.postSegment(last, audio)).status).toBe(201);
  expect(new Set(await segmentIds(String(old['session_id'])))).toEqual(
    new Set([last, otherPart, otherSpeaker, later].map((kept) => kept['segment_id'])),
  );
  expect(existsSync(file(old)) || existsSync(file(old, 'json'))).toBe(false);
});

test('[SRV-55] a deleted segment is gone from disk and table, and its late copy is not stored', async () => {
  const facts = segmentFacts(audio);
  await it.postSegment(facts, audio);
  expect((await it.ask('DELETE', `/v1/segments/${String(facts['segment_id'])}`)).status).toBe(204);
  expect(existsSync(file(facts)) || existsSync(file(facts, 'json'))).toBe(false);
  expect((await it.get(`/v1/segments/${String(facts['segment_id'])}/audio`)).status).toBe(404);
  expect((await it.postSegment(facts, audio)).status).toBe(200);
  expect(await segmentIds(String(facts['session_id']))).toEqual([]);
});

test('[SRV-56] an erased session leaves neither file nor row, and nothing more is taken for it', async () => {
  const session = sessionFacts();
  const sessionId = String(session['session_id']);
  const facts = segmentFacts(audio, { session_id: sessionId });
  const words = transcriptFacts({ session_id: sessionId, turn_id: facts['turn_id'] });
  await it.post('/v1/sessions', session);
  await it.postSegment(facts, audio);
  await it.post('/v1/transcripts', words);
  expect(await it.ask('DELETE', `/v1/sessions/${sessionId}`)).toMatchObject({
    status: 200,
    body: { session_id: sessionId, files: 4, segments: 1, transcripts: 1 },
  });
  expect(existsSync(it.folder(sessionId))).toBe(false);
  for (const table of ['sessions', 'session_audio_segments', 'session_transcripts', 'session_transcript_revisions'])
    expect(await it.rows(`SELECT 1 FROM ${table} WHERE session_id = $1`, [sessionId])).toEqual([]);
  for (const late of [
    await it.postSegment(facts, audio),
    await it.post('/v1/transcripts', words),
    await it.post('/v1/sessions', session),
    await it.ask('PATCH', `/v1/sessions/${sessionId}`, { legal_hold: true }),
  ])
    expect(late).toMatchObject({ status: 410, body: { error: { code: 'gone' } } });
  expect((await it.ask('DELETE', `/v1/sessions/${sessionId}`)).status).toBe(404);
  expect(existsSync(it.folder(sessionId))).toBe(false);
});

test('[SRV-57] under a legal hold nothing is deleted or replaced; when it is lifted the sweep does what was due', async () => {
  const old = segmentFacts(audio);
  const sessionId = String(old['session_id']);
  await it.postSegment(old, audio);
  await it.ask('PATCH', `/v1/sessions/${sessionId}`, { legal_hold: true, delete_after: '2020-01-01T00:00:00Z' });
  expect(await it.ask('DELETE', `/v1/sessions/${sessionId}`)).toMatchObject({
    status: 409,
    body: { error: { code: 'on_hold' } },
  });
  expect((await it.ask('DELETE', `/v1/segments/${String(old['segment_id'])}`)).status).toBe(409);
  const redacted = segmentFacts(audio, { session_id: sessionId, replaces: old['segment_id'] });
  expect((await it.postSegment(redacted, audio)).status).toBe(201);
  expect(existsSync(file(old))).toBe(true);
  const { body } = await it.get(`/v1/sessions/${sessionId}`);
  expect((body as { turns: { segment_id: string }[] }).turns.map(({ segment_id: id }) => id)).toEqual([
    redacted['segment_id'],
  ]);
  const plan = (await it.ask('POST', '/v1/sweeps?dry_run=true')).body as { sessions: string[] };
  expect(plan.sessions).not.toContain(sessionId);
  expect((await it.ask('POST', '/v1/sweeps')).body).toMatchObject({ failed: [], replaced: 0 });
  expect(await segmentIds(sessionId)).toHaveLength(2);
  await it.ask('PATCH', `/v1/sessions/${sessionId}`, { legal_hold: false, delete_after: null });
  expect((await it.ask('POST', '/v1/sweeps')).body).toMatchObject({ replaced: 1 });
  expect(await segmentIds(sessionId)).toEqual([redacted['segment_id']]);
  expect(existsSync(file(old))).toBe(false);
});

test('[SRV-58] a session that was closed takes nothing more, and what it has stays', async () => {
  const facts = segmentFacts(audio);
  const sessionId = String(facts['session_id']);
  await it.postSegment(facts, audio);
  await it.ask('PATCH', `/v1/sessions/${sessionId}`, { revoked: true });
  expect(await it.postSegment(segmentFacts(audio, { session_id: sessionId }), audio)).toMatchObject({
    status: 403,
    body: { error: { code: 'forbidden' } },
  });
  const still = await it.request(`/v1/segments/${String(facts['segment_id'])}/audio`);
  expect(Buffer.from(await still.arrayBuffer()).equals(audio)).toBe(true);
  await it.ask('PATCH', `/v1/sessions/${sessionId}`, { revoked: false });
  expect((await it.postSegment(segmentFacts(audio, { session_id: sessionId }), audio)).status).toBe(201);
});

test('[SRV-70] the sweep erases what is due by its own time or by the server’s rule, files first, and says what went', async () => {
  const old = sessionFacts({
    started_at: '2026-01-01T10:00:00.000Z',
    ended_at: '2026-01-01T10:05:00.000Z',
    end_reason: 'session_stop',
    state: 'ended',
  });
  const kept = sessionFacts({ ...old, session_id: randomUUID() });
  const soon = sessionFacts({ session_id: randomUUID() });
  for (const session of [old, kept, soon]) await it.post('/v1/sessions', session);
  await it.postSegment(segmentFacts(audio, { session_id: id(old) }), audio);
  await it.ask('PATCH', `/v1/sessions/${id(kept)}`, { delete_after: '2099-01-01T00:00:00Z' });
  await it.ask('PATCH', `/v1/sessions/${id(soon)}`, { delete_after: '2026-01-01T00:00:00Z' });
  const due = [id(old), id(soon)].sort();
  const plan = (await it.ask('POST', '/v1/sweeps?dry_run=true')).body as { sessions: string[]; segments: number };
  expect([...plan.sessions].sort()).toEqual(due);
  expect(plan.segments).toBe(1);
  expect(existsSync(it.folder(id(old)))).toBe(true);
  const report = (await it.ask('POST', '/v1/sweeps')).body as { sessions: string[]; files: number; bytes: number };
  expect([...report.sessions].sort()).toEqual(due);
  expect(report.files).toBe(5);
  for (const session of [old, soon]) {
    expect(existsSync(it.folder(id(session)))).toBe(false);
    expect(await it.rows('SELECT 1 FROM sessions WHERE session_id = $1', [id(session)])).toEqual([]);
  }
  expect(existsSync(it.folder(id(kept)))).toBe(true);
  expect((await it.ask('POST', '/v1/sweeps')).body).toMatchObject({ sessions: [], failed: [] });
});

test('[SRV-70] a session whose end nobody told goes by the last that was heard of it, and sweeps are counted', async () => {
  const figures = async () => {
    const text = await (await it.request('/metrics')).text();
    return ['sweeps_total', 'sessions_swept_total'].map((name) =>
      Number(new RegExp(`^turntape_${name} (\\d+)$`, 'm').exec(text)?.[1]),
    );
  };
  const [sweeps = NaN, swept = NaN] = await figures();
  const [quiet, talking] = [sessionFacts(), sessionFacts()];
  for (const session of [quiet, talking]) await it.post('/v1/sessions', session);
  await it.server.db.query(`UPDATE sessions SET updated_at = now() - interval '31 days' WHERE session_id = $1`, [
    id(quiet),
  ]);
  await it.ask('POST', '/v1/sweeps?dry_run=true');
  expect((await it.ask('POST', '/v1/sweeps')).body).toMatchObject({ sessions: [id(quiet)], failed: [] });
  expect(await figures()).toEqual([sweeps + 1, swept + 1]);
  expect(existsSync(it.folder(id(talking)))).toBe(true);
});

test('[SRV-138] a sweep has the database make room of what was deleted, and a dry run does not', async () => {
  const vacuum = vi.fn<() => Promise<void>>().mockResolvedValue();
  const database = { ...it.server.db, vacuum };
  const blobs = await openFileStore(it.data);
  await sweep(database, blobs, () => undefined, { retainDays: 0, dryRun: true });
  expect(vacuum).not.toHaveBeenCalled();
  await sweep(database, blobs, () => undefined, { retainDays: 0 });
  expect(vacuum).toHaveBeenCalledTimes(1);
});

test('[SRV-57] a hold that comes while a deletion waits its turn keeps what was to be deleted', async () => {
  const facts = segmentFacts(audio);
  const sessionId = String(facts['session_id']);
  await it.postSegment(facts, audio);
  let deleted: ReturnType<typeof it.ask> | undefined;
  await it.server.db.exclusively(`session/${sessionId}`, async (scope) => {
    deleted = it.ask('DELETE', `/v1/segments/${String(facts['segment_id'])}`);
    // It has looked at the session by the time that these are answered.
    for (let later = 0; later < 20; later++) await it.get(`/v1/sessions/${sessionId}`);
    await scope.query('UPDATE sessions SET legal_hold = TRUE WHERE session_id = $1', [sessionId]);
  });
  expect(await deleted).toMatchObject({ status: 409, body: { error: { code: 'on_hold' } } });
  expect(existsSync(file(facts))).toBe(true);
  expect(await segmentIds(sessionId)).toEqual([facts['segment_id']]);
});

test('[SRV-70] the sweep takes the files of tickets that nobody completed in a day, and none that may still be', async () => {
  const [fresh, old] = [join(it.data, 'tickets', 'fresh'), join(it.data, 'tickets', 'old')];
  await mkdir(join(it.data, 'tickets'));
  for (const path of [fresh, old]) await writeFile(path, 'x');
  const twoDaysAgo = Date.now() / 1000 - 2 * 86_400;
  await utimes(old, twoDaysAgo, twoDaysAgo);
  expect((await it.ask('POST', '/v1/sweeps')).body).toMatchObject({ tickets: 1 });
  expect([existsSync(fresh), existsSync(old)]).toEqual([true, false]);
});

test('[SRV-72] an erasure that fails half way takes nothing more and is finished by the next sweep', async () => {
  const facts = segmentFacts(audio);
  const sessionId = String(facts['session_id']);
  await it.postSegment(facts, audio);
  // A folder that has the name of a file: it cannot be deleted as one.
  await rm(file(facts));
  await mkdir(file(facts));
  await writeFile(join(file(facts), 'in-the-way'), 'x');
  await it.server.db.query('ALTER TABLE turntape_jobs RENAME TO away');
  expect((await it.ask('DELETE', `/v1/sessions/${sessionId}`)).status).toBe(500);
  expect((await it.postSegment(segmentFacts(audio, { session_id: sessionId }), audio)).status).toBe(410);
  // One that still fails is told, and keeps no other from being swept.
  expect(await it.ask('POST', '/v1/sweeps')).toMatchObject({
    status: 200,
    body: { sessions: [], failed: [sessionId] },
  });
  await it.server.db.query('ALTER TABLE away RENAME TO turntape_jobs');
  expect((await it.ask('POST', '/v1/sweeps')).body).toMatchObject({ sessions: [sessionId], failed: [] });
  expect(existsSync(it.folder(sessionId))).toBe(false);
  expect(await it.rows('SELECT 1 FROM session_audio_segments WHERE session_id = $1', [sessionId])).toEqual([]);
});
