import { randomUUID } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { segmentFacts, sessionFacts, transcriptFacts, wavFile } from '../testing/sample-facts.ts';
import { startServerUnderTest, type ServerUnderTest } from '../testing/server-under-test.ts';

let it: ServerUnderTest;
beforeAll(async () => {
  it = await startServerUnderTest();
});
afterAll(() => it[Symbol.asyncDispose]());

const audio = wavFile();
const words = (sessionId: unknown) =>
  it.rows<{ text: string; turn_id: string; turn_bound: boolean; revision: number }>(
    'SELECT text, turn_id, turn_bound, revision FROM session_transcripts WHERE session_id = $1 ORDER BY id',
    [sessionId],
  );

test('[SRV-9] a transcript is 201 once and 200 after that, with file and row', async () => {
  const facts = transcriptFacts();
  const first = await it.post('/v1/transcripts', facts);
  const receipt = { transcript_id: facts['transcript_id'], revision: 1, turn_id: facts['turn_id'] };
  expect([first.status, first.body]).toEqual([201, receipt]);
  const again = await it.post('/v1/transcripts', facts);
  expect([again.status, again.body]).toEqual([200, receipt]);
  expect(await words(facts['session_id'])).toMatchObject([{ text: facts['text'], turn_bound: true }]);
  const folder = join(it.data, 'recordings', String(facts['session_id']), 'transcripts');
  const [file = ''] = await readdir(folder);
  expect(JSON.parse(await readFile(join(folder, file), 'utf8'))).toMatchObject(facts);
});

test('[SRV-9] the highest revision wins, in whatever order they come', async () => {
  const facts = transcriptFacts({ text: 'first' });
  for (const [revision, text, status] of [
    [2, 'second', 201],
    [1, 'first', 200],
    [3, 'third', 201],
  ] as const)
    expect((await it.post('/v1/transcripts', { ...facts, revision, text })).status).toBe(status);
  expect(await words(facts['session_id'])).toMatchObject([{ text: 'third', revision: 3 }]);
});

test('[SRV-9] other words under the same revision are a conflict, not a silent loss', async () => {
  const facts = transcriptFacts();
  await it.post('/v1/transcripts', facts);
  expect(await it.post('/v1/transcripts', { ...facts, text: 'something else' })).toMatchObject({
    status: 409,
    body: { error: { code: 'conflict', field: 'revision' } },
  });
});

test('[WORD-13] what was heard of a text stands beside it: in the row, in the list, on the timeline, in its history', async () => {
  const facts = transcriptFacts({ role: 'assistant', text: 'One two three.', utterance_id: 'u' });
  const { session_id: sessionId, transcript_id: transcriptId } = facts;
  const words = [
    { text: 'One', start_ms: 0, end_ms: 400 },
    { text: 'two', start_ms: 450, end_ms: 900 },
  ];
  expect((await it.post('/v1/transcripts', { ...facts, words })).status).toBe(201);
  const heard = { heard_text: 'One two', cut_word: 1, heard_ms: 612.5, interrupted: true };
  expect((await it.post('/v1/transcripts', { ...facts, words, ...heard, revision: 2 })).status).toBe(201);
  const columns = 'text, utterance_id, words, heard_text, cut_word, heard_ms, interrupted';
  expect(await it.rows(`SELECT ${columns} FROM session_transcripts WHERE session_id = $1`, [sessionId])).toEqual([
    { text: 'One two three.', utterance_id: 'u', words, ...heard },
  ]);
  const of = async (path: string) => (await it.ask('GET', `/v1/sessions/${String(sessionId)}${path}`)).body;
  const told = { text: 'One two three.', heard_text: 'One two' };
  expect(await of('')).toMatchObject({ turns: [{ ...told, cut_word: 1, interrupted: true }] });
  expect(await of('/timeline')).toMatchObject({ words: [told] });
  expect(await of(`/revisions?transcript_id=${String(transcriptId)}`)).toMatchObject({
    revisions: [
      { revision: 1, text: 'One two three.', heard_text: null },
      { revision: 2, ...told },
    ],
  });
});

test.each([
  ['words', { words: 'One' }],
  ['words.0.start_ms', { words: [{ text: 'One', start_ms: -1, end_ms: 4 }] }],
  ['cut_word', { cut_word: -1 }],
  ['heard_ms', { heard_ms: 'long' }],
  ['heard_text', { heard_text: 7 }],
])('[WORD-13] %s that cannot be is refused by its name', async (field, over) => {
  const answer = await it.post('/v1/transcripts', transcriptFacts({ role: 'assistant', ...over }));
  expect(answer).toMatchObject({ status: 422, body: { error: { field } } });
});

test('[SRV-9] an id that the app chose is its own in each session, and never part of a path', async () => {
  const one = transcriptFacts({ transcript_id: '../../../item 1' });
  const other = transcriptFacts({ transcript_id: '../../../item 1', text: 'Another conversation.' });
  expect((await it.post('/v1/transcripts', one)).status).toBe(201);
  expect((await it.post('/v1/transcripts', other)).status).toBe(201);
  const [file = ''] = await readdir(join(it.data, 'recordings', String(one['session_id']), 'transcripts'));
  expect(file).toMatch(/^[0-9a-f]{32}\.json$/);
});

test('[SRV-9] twelve parallel posts of one transcript are one 201 and one row', async () => {
  const facts = transcriptFacts();
  const answers = await Promise.all(Array.from({ length: 12 }, () => it.post('/v1/transcripts', facts)));
  expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
  expect(await words(facts['session_id'])).toHaveLength(1);
});

test.each(['audio first', 'words first', 'both at once'])(
  '[SRV-10] words under the stack’s own id find their turn: %s',
  async (order) => {
    const segment = segmentFacts(audio, { external_id: 'item_7', speaker: 'bot' });
    const facts = transcriptFacts({
      session_id: segment['session_id'],
      turn_id: null,
      external_id: 'item_7',
      role: 'assistant',
    });
    const sendWords = () => it.post('/v1/transcripts', facts);
    const sendAudio = () => it.postSegment(segment, audio);
    if (order === 'audio first') {
      await sendAudio();
      expect((await sendWords()).body).toMatchObject({ turn_id: segment['turn_id'] });
    } else if (order === 'words first') {
      expect((await sendWords()).body).toMatchObject({ turn_id: null });
      await sendAudio();
    } else await Promise.all([sendWords(), sendAudio()]);
    expect(await words(segment['session_id'])).toMatchObject([{ turn_id: segment['turn_id'], turn_bound: true }]);
    expect((await sendWords()).body).toMatchObject({ turn_id: segment['turn_id'] });
  },
);

test('[SRV-10] a correction of words that found their turn stays with it', async () => {
  const segment = segmentFacts(audio, { external_id: 'item_8' });
  const facts = transcriptFacts({ session_id: segment['session_id'], turn_id: null, external_id: 'item_8' });
  await it.post('/v1/transcripts', facts);
  await it.postSegment(segment, audio);
  await it.post('/v1/transcripts', { ...facts, revision: 2, text: 'corrected' });
  expect(await words(segment['session_id'])).toMatchObject([{ text: 'corrected', turn_id: segment['turn_id'] }]);
});

test('[SRV-10] a turn once named is not forgotten by a correction that names only the stack’s own id', async () => {
  const facts = transcriptFacts();
  await it.post('/v1/transcripts', facts);
  const corrected = { ...facts, turn_id: null, external_id: 'item_10', revision: 2, text: 'corrected' };
  expect(await it.post('/v1/transcripts', corrected)).toMatchObject({
    status: 201,
    body: { turn_id: facts['turn_id'] },
  });
  expect(await words(facts['session_id'])).toMatchObject([{ text: 'corrected', turn_bound: true }]);
});

test('[SRV-10] the user’s words are not bound to the bot’s turn, nor to another session’s', async () => {
  const segment = segmentFacts(audio, { external_id: 'item_9', speaker: 'bot' });
  await it.postSegment(segment, audio);
  for (const facts of [
    transcriptFacts({ session_id: segment['session_id'], turn_id: null, external_id: 'item_9', role: 'user' }),
    transcriptFacts({ session_id: randomUUID(), turn_id: null, external_id: 'item_9', role: 'assistant' }),
  ])
    expect(await it.post('/v1/transcripts', facts)).toMatchObject({ status: 201, body: { turn_id: null } });
});

test('[SRV-16] a session is told of at its start and again at its end, with its length and its reason', async () => {
  const start = sessionFacts();
  const end = { ...start, ended_at: '2026-11-20T10:05:00.500Z', end_reason: 'page_exit', state: 'ended' };
  expect((await it.post('/v1/sessions', start)).status).toBe(201);
  expect((await it.post('/v1/sessions', start)).status).toBe(200);
  expect((await it.post('/v1/sessions', end)).status).toBe(201);
  expect((await it.post('/v1/sessions', end)).status).toBe(200);
  const [row] = await it.rows('SELECT * FROM sessions WHERE session_id = $1', [start['session_id']]);
  expect(row).toMatchObject({
    duration_secs: 300.5,
    end_reason: 'page_exit',
    finish_reason: 'cancel',
    state: 'ended',
    metadata: { user_id: 'u-1' },
    consent: { subject: 'u-1', text_version: '3' },
  });
  const file = join(it.data, 'recordings', String(start['session_id']), 'session.json');
  expect(JSON.parse(await readFile(file, 'utf8'))).toMatchObject(end);
  const told = it.log.filter(
    ({ event, facts }) => event === 'session_ended' && facts['session_id'] === start['session_id'],
  );
  expect(told).toHaveLength(1);
});

test('[SRV-16] what was told at the start never takes the place of what was told at the end', async () => {
  const start = sessionFacts();
  const end = { ...start, ended_at: '2026-11-20T10:05:00.000Z', end_reason: 'session_stop', state: 'ended' };
  await it.post('/v1/sessions', end);
  expect((await it.post('/v1/sessions', start)).status).toBe(200);
  const [row] = await it.rows('SELECT state, finish_reason FROM sessions WHERE session_id = $1', [start['session_id']]);
  expect(row).toEqual({ state: 'ended', finish_reason: 'end' });
  const file = join(it.data, 'recordings', String(start['session_id']), 'session.json');
  expect(JSON.parse(await readFile(file, 'utf8'))).toMatchObject({ state: 'ended' });
});

test('[SRV-133] what is left out when a session is told of again stays what it was; what is sent empty is empty', async () => {
  const start = sessionFacts();
  const { session_id: sessionId, started_at: startedAt, metadata, consent, epochs } = start;
  await it.post('/v1/sessions', start);
  const end = { session_id: sessionId, started_at: startedAt, ended_at: '2026-11-20T10:05:00.000Z', state: 'ended' };
  await it.post('/v1/sessions', end);
  const kept = 'SELECT state, metadata, consent, epochs FROM sessions WHERE session_id = $1';
  expect(await it.rows(kept, [sessionId])).toEqual([{ state: 'ended', metadata, consent, epochs }]);
  const file = join(it.data, 'recordings', String(sessionId), 'session.json');
  expect(JSON.parse(await readFile(file, 'utf8'))).toMatchObject({ metadata, consent, epochs });
  await it.post('/v1/sessions', { ...end, metadata: {}, consent: null, epochs: [] });
  expect(await it.rows(kept, [sessionId])).toEqual([{ state: 'ended', metadata: {}, consent: null, epochs: [] }]);
});

test('[SRV-16] audio and words may come before the session is told of', async () => {
  const segment = segmentFacts(audio);
  const { session_id: sessionId } = segment;
  await it.postSegment(segment, audio);
  await it.post('/v1/transcripts', transcriptFacts({ session_id: sessionId }));
  expect(await it.rows('SELECT state FROM sessions WHERE session_id = $1', [sessionId])).toEqual([{ state: null }]);
  expect((await it.post('/v1/sessions', sessionFacts({ session_id: sessionId }))).status).toBe(201);
});

test('[SRV-16] a session is found by a key of its metadata, through an index', async () => {
  await it.post('/v1/sessions', sessionFacts({ metadata: { user_id: 'u-42', region: 'eu' } }));
  const plan = (sql: string) =>
    it.server.db.transaction(async (transaction) => {
      // A table of a few rows is read whole unless that is forbidden.
      await transaction.query('SET LOCAL enable_seqscan = off');
      const { rows } = await transaction.query<{ 'QUERY PLAN': string }>(`EXPLAIN ${sql}`);
      return rows.map((row) => row['QUERY PLAN']).join('\n');
    });
  const byValue = `SELECT session_id FROM sessions WHERE metadata->>'user_id' = 'u-42'`;
  const byContent = `SELECT session_id FROM sessions WHERE metadata @> '{"region":"eu"}'`;
  expect(await it.rows(byValue)).toHaveLength(1);
  expect(await plan(byValue)).toContain('sessions_metadata_user_id');
  expect(await plan(byContent)).toContain('sessions_metadata');
});
