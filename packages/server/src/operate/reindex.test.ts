import { randomUUID } from 'node:crypto';
import { readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { segmentFacts, sessionFacts, transcriptFacts, wavFile } from '../testing/sample-facts.ts';
import { openFileStore } from '../file-store.ts';
import { audioKey, factsFile, segmentFactsKey, sessionFactsKey, transcriptFactsKey } from '../stores/stored-files.ts';
import { startServerUnderTest, type ServerUnderTest } from '../testing/server-under-test.ts';
import { reindex } from './reindex.ts';

let it: ServerUnderTest;
beforeAll(async () => {
  it = await startServerUnderTest();
});
afterAll(() => it[Symbol.asyncDispose]());

const TABLES = ['session_audio_segments', 'session_transcripts', 'session_transcript_revisions', 'sessions'] as const;
const UNSTABLE = ['id', 'created_at', 'updated_at', 'revoked_at', 'event_id'];

/** Every row of every table, less what says when and in which order it was written. */
async function allRows(): Promise<Record<string, unknown>> {
  const tables: Record<string, unknown> = {};
  for (const table of TABLES) {
    const rows = await it.rows<Record<string, unknown>>(`SELECT * FROM ${table}`);
    tables[table] = rows
      .map((row) => JSON.stringify(Object.entries(row).filter(([name]) => !UNSTABLE.includes(name))))
      .sort();
  }
  return tables;
}

test('[SRV-30] the rows made from the files alone are the rows that were there', async () => {
  const audio = wavFile();
  const session = sessionFacts({ ended_at: '2026-11-20T10:05:00.000Z', end_reason: 'session_stop', state: 'ended' });
  const sessionId = String(session['session_id']);
  await it.post('/v1/sessions', session);
  const segment = segmentFacts(audio, { session_id: sessionId, external_id: 'item_1' });
  await it.postSegment(segment, audio);
  const secret = segmentFacts(audio, { session_id: sessionId });
  await it.postSegment(secret, audio);
  const silenced = segmentFacts(wavFile(1600, { value: 0 }), { session_id: sessionId, replaces: secret['segment_id'] });
  await it.postSegment(silenced, wavFile(1600, { value: 0 }));
  await it.postSegment(segmentFacts(undefined, { session_id: sessionId, speaker: 'bot' }));
  const words = transcriptFacts({ session_id: sessionId, turn_id: null, external_id: 'item_1', confidence: 0.4 });
  await it.post('/v1/transcripts', words);
  const heard = { heard_text: 'Is any', words: [{ text: 'Is', start_ms: 0, end_ms: 90 }], cut_word: 0, heard_ms: 40.5 };
  await it.post('/v1/transcripts', { ...words, revision: 2, text: 'Is anybody here?', confidence: 0.9, ...heard });
  await it.ask('PATCH', `/v1/sessions/${sessionId}`, { legal_hold: true, delete_after: '2027-01-01T00:00:00Z' });
  const gone = sessionFacts();
  await it.post('/v1/sessions', gone);
  await it.ask('DELETE', `/v1/sessions/${String(gone['session_id'])}`);

  const before = await allRows();
  await it.server.db.query(`TRUNCATE ${TABLES.join(', ')}, deleted_sessions, removed_segments CASCADE`);
  const blobs = await openFileStore(it.data);
  const report = await reindex(it.server.db, blobs, { verify: true });
  expect(report).toMatchObject({
    sessions: 1,
    added: { sessions: 1, segments: 3, transcripts: 1 },
    orphans: [],
    missing: [],
    damaged: [],
    unreadable: [],
  });
  expect(await allRows()).toEqual(before);
  expect((await it.post('/v1/sessions', gone)).status).toBe(410);
  expect(await reindex(it.server.db, blobs)).toMatchObject({ added: { sessions: 0, segments: 0, transcripts: 0 } });
  expect(await allRows()).toEqual(before);
  // Files of before that a backup brought back: the later words and the session's end stay, and what was silenced goes again.
  const name = { session_id: sessionId, segment_id: String(secret['segment_id']) };
  await it.ask('PATCH', `/v1/sessions/${sessionId}`, { legal_hold: false });
  await blobs.put([
    factsFile(transcriptFactsKey(sessionId, String(words['transcript_id'])), words),
    factsFile(sessionFactsKey(sessionId), { ...session, ended_at: null, end_reason: null, state: 'active' }),
    { key: audioKey(name, 'wav'), bytes: audio },
    factsFile(segmentFactsKey(name), secret),
  ]);
  const rows = await allRows();
  expect(await reindex(it.server.db, blobs)).toMatchObject({ added: { sessions: 0, segments: 0 }, removed: 1 });
  expect(await allRows()).toEqual(rows);
  expect(await blobs.size(audioKey(name, 'wav'))).toBeUndefined();
  expect(await blobs.size(segmentFactsKey(name))).toBeUndefined();
});

test('[SRV-31] asked for what was written since a time, the index takes no older file, and of a session without a newer one nothing', async () => {
  const audio = wavFile();
  const [old, mixed] = [sessionFacts(), sessionFacts()];
  const of = (session: Record<string, unknown>) => segmentFacts(audio, { session_id: session['session_id'] });
  const [before, early, late] = [of(old), of(mixed), of(mixed)];
  const words = transcriptFacts({ session_id: mixed['session_id'], turn_id: null });
  for (const session of [old, mixed]) await it.post('/v1/sessions', session);
  for (const facts of [before, early, late]) expect((await it.postSegment(facts, audio)).status).toBe(201);
  await it.post('/v1/transcripts', words);
  const folder = (session: Record<string, unknown>) => join(it.data, 'recordings', String(session['session_id']));
  const sinceMs = Date.now() - 60_000;
  const files = await readdir(folder(mixed), { recursive: true });
  for (const [place, names] of [
    [folder(old), await readdir(folder(old))],
    [folder(mixed), files.filter((name) => !name.startsWith(String(late['segment_id'])))],
  ] as const)
    for (const name of names) await utimes(join(place, name), new Date(sinceMs - 1000), new Date(sinceMs - 1000));
  const later = new Date(sinceMs + 1000);
  await utimes(join(folder(mixed), `${String(late['segment_id'])}.json`), later, later);

  const ids = [old['session_id'], mixed['session_id']];
  for (const table of TABLES)
    await it.server.db.query(`DELETE FROM ${table} WHERE session_id = ANY($1::uuid[])`, [ids]);
  const report = await reindex(it.server.db, await openFileStore(it.data), { sinceMs });
  // The facts of a session are those of all that is in it, whenever they were written.
  expect(report).toMatchObject({ added: { sessions: 1, segments: 1, transcripts: 0 } });
  const kept = await it.rows<{ segment_id: string }>(
    'SELECT segment_id FROM session_audio_segments WHERE session_id = ANY($1::uuid[])',
    [ids],
  );
  expect(kept).toEqual([{ segment_id: late['segment_id'] }]);
  const whole = await reindex(it.server.db, await openFileStore(it.data));
  expect(whole).toMatchObject({ added: { sessions: 1, segments: 2, transcripts: 1 } });
});

test('[SRV-32] audio that is gone, changed or without facts, and facts that cannot be read, are told by name', async () => {
  const audio = wavFile();
  const sessionId = randomUUID();
  const [lost, cut, changed] = [0, 1, 2].map(() => segmentFacts(audio, { session_id: sessionId }));
  for (const facts of [lost, cut, changed]) await it.postSegment(facts, audio);
  const key = (facts: Record<string, unknown> | undefined, extension: string) =>
    `recordings/${sessionId}/${String(facts?.['segment_id'])}.${extension}`;
  await rm(join(it.data, key(lost, 'wav')));
  await writeFile(join(it.data, key(cut, 'wav')), audio.subarray(0, 100));
  await writeFile(join(it.data, key(changed, 'wav')), wavFile(1600, { value: 5 }));
  const orphan = `recordings/${sessionId}/${randomUUID()}.wav`;
  await writeFile(join(it.data, orphan), audio);
  const broken = `recordings/${sessionId}/${randomUUID()}.json`;
  await writeFile(join(it.data, broken), '{"segment_id":');
  await it.server.db.query('DELETE FROM session_audio_segments WHERE session_id = $1', [sessionId]);
  const report = await reindex(it.server.db, await openFileStore(it.data), { verify: true });
  expect(report.missing.sort()).toEqual([key(lost, 'wav'), key(cut, 'wav')].sort());
  expect(report.damaged).toEqual([key(changed, 'wav')]);
  expect(report.orphans).toEqual([orphan]);
  expect(report.unreadable).toEqual([broken]);
  expect(await it.rows('SELECT 1 FROM session_audio_segments WHERE session_id = $1', [sessionId])).toEqual([]);
});
