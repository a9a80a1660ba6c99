import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { segmentFacts, sessionFacts, transcriptFacts, wavFile } from '../testing/sample-facts.ts';
import { startServerUnderTest, type ServerUnderTest } from '../testing/server-under-test.ts';

let it: ServerUnderTest;
beforeAll(async () => {
  it = await startServerUnderTest();
});
afterAll(() => it[Symbol.asyncDispose]());

const audio = wavFile();
const at = (ms: number) => new Date(Date.parse('2026-11-20T10:00:00Z') + ms).toISOString();

test('[SRV-50] a transcript tells how sure it was, and what every revision said', async () => {
  const words = transcriptFacts({ confidence: 0.4, text: 'I scream' });
  const sessionId = String(words['session_id']);
  await it.post('/v1/transcripts', words);
  await it.post('/v1/transcripts', { ...words, revision: 3, text: 'Ice cream!', confidence: 0.9 });
  // Overtaken on its way.
  expect(
    (await it.post('/v1/transcripts', { ...words, revision: 2, text: 'Ice cream', confidence: null })).status,
  ).toBe(200);
  const { body } = await it.get(
    `/v1/sessions/${sessionId}/revisions?transcript_id=${encodeURIComponent(String(words['transcript_id']))}`,
  );
  expect((body as { revisions: unknown[] }).revisions).toEqual([
    { revision: 1, text: 'I scream', language: 'en', confidence: 0.4, interrupted: false, heard_text: null },
    { revision: 2, text: 'Ice cream', language: 'en', confidence: null, interrupted: false, heard_text: null },
    { revision: 3, text: 'Ice cream!', language: 'en', confidence: 0.9, interrupted: false, heard_text: null },
  ]);
  expect(await it.rows('SELECT text, confidence FROM session_transcripts WHERE session_id = $1', [sessionId])).toEqual([
    { text: 'Ice cream!', confidence: 0.9 },
  ]);
});

test('[SRV-51] words with a session and a time alone find the nearest turn of their speaker, in either order of arrival', async () => {
  const sessionId = randomUUID();
  const turn = (speaker: string, from: number, to: number) =>
    segmentFacts(audio, { session_id: sessionId, speaker, started_at: at(from), ended_at: at(to) });
  const said = (role: string, ms: number) =>
    transcriptFacts({ session_id: sessionId, turn_id: null, role, occurred_at: at(ms), text: `${role} ${ms}` });
  const [first, second, bot] = [turn('user', 0, 1000), turn('user', 2500, 3500), turn('bot', 1000, 2400)];
  // The recogniser was done 400 ms after the first turn; the audio of the second, which is farther, comes first.
  await it.post('/v1/transcripts', said('user', 1400));
  await it.post('/v1/transcripts', said('user', 9000));
  await it.postSegment(second, audio);
  await it.postSegment(first, audio);
  await it.postSegment(bot, audio);
  await it.post('/v1/transcripts', said('assistant', 1200));
  await it.post('/v1/transcripts', said('user', 3400));
  // Near both, and nearer to the one that begins later.
  await it.post('/v1/transcripts', said('user', 2200));
  const rows = await it.rows(
    'SELECT text, CASE WHEN turn_bound THEN turn_id END AS turn_id FROM session_transcripts WHERE session_id = $1 ORDER BY text',
    [sessionId],
  );
  expect(rows).toEqual([
    { text: 'assistant 1200', turn_id: bot['turn_id'] },
    { text: 'user 1400', turn_id: first['turn_id'] },
    { text: 'user 2200', turn_id: second['turn_id'] },
    { text: 'user 3400', turn_id: second['turn_id'] },
    { text: 'user 9000', turn_id: null },
  ]);
});

test('[SRV-52] sessions and turns are found by speaker, interruption, time and metadata; an unknown filter is refused', async () => {
  const tag = randomUUID();
  const sessions = [0, 1, 2].map((day) =>
    sessionFacts({ started_at: `2026-10-0${day + 1}T10:00:00.000Z`, metadata: { tag, tenant_id: `t-${day}` } }),
  );
  for (const session of sessions) await it.post('/v1/sessions', session);
  const middle = String(sessions[1]?.['session_id']);
  const user = segmentFacts(audio, {
    session_id: middle,
    started_at: '2026-10-02T10:00:01.000Z',
    ended_at: '2026-10-02T10:00:02.000Z',
  });
  const bot = segmentFacts(audio, {
    session_id: middle,
    speaker: 'bot',
    interrupted: true,
    started_at: '2026-10-02T10:00:03.000Z',
    ended_at: '2026-10-02T10:00:04.000Z',
  });
  await it.postSegment(user, audio);
  await it.postSegment(bot, audio);
  const found = async (query: string) =>
    (
      (await it.get(`/v1/sessions?metadata.tag=${tag}&${query}`)).body as { sessions: { session_id: string }[] }
    ).sessions.map(({ session_id: id }) => sessions.findIndex((session) => session['session_id'] === id));
  expect(await found('')).toEqual([2, 1, 0]);
  expect(await found('metadata.tenant_id=t-0')).toEqual([0]);
  expect(await found('from=2026-10-02T00:00:00Z&to=2026-10-03T00:00:00Z')).toEqual([1]);
  expect(await found('interrupted=true')).toEqual([1]);
  expect(await found('interrupted=false&state=active')).toEqual([2, 0]);
  const turns = async (query: string) =>
    ((await it.get(`/v1/sessions/${middle}?${query}`)).body as { turns: { segment_id: string }[] }).turns.map(
      ({ segment_id: id }) => id,
    );
  expect(await turns('speaker=user')).toEqual([user['segment_id']]);
  expect(await turns('interrupted=true')).toEqual([bot['segment_id']]);
  expect(await turns('from=2026-10-02T10:00:02Z')).toEqual([bot['segment_id']]);
  // From its first instant, to before its last.
  expect(await turns('from=2026-10-02T10:00:01Z&to=2026-10-02T10:00:03Z')).toEqual([user['segment_id']]);
  expect(await turns(`turn_id=${String(user['turn_id'])}`)).toEqual([user['segment_id']]);
  expect(await it.get('/v1/sessions?colour=red')).toMatchObject({ status: 422, body: { error: { field: 'colour' } } });
});

test('[SRV-53] the list is read page by page without a gap or a repeat', async () => {
  const tag = randomUUID();
  const ids: string[] = [];
  // Two that began at the same instant: the page ends between them.
  for (const second of [1, 2, 2, 3, 4]) {
    const session = sessionFacts({ started_at: `2026-09-01T10:00:0${second}.000Z`, metadata: { tag } });
    ids.push(String(session['session_id']));
    await it.post('/v1/sessions', session);
  }
  const seen: string[] = [];
  let after = '';
  do {
    const { body } = await it.get(`/v1/sessions?metadata.tag=${tag}&limit=2${after}`);
    const { sessions, next } = body as { sessions: { session_id: string }[]; next: string | null };
    seen.push(...sessions.map(({ session_id: id }) => id));
    after = next === null ? '' : `&after=${encodeURIComponent(next)}`;
  } while (after !== '');
  expect(seen).toHaveLength(5);
  expect([...seen].sort()).toEqual([...ids].sort());
});

test('[SRV-59] the timeline has every segment, hole and word at its place', async () => {
  const session = sessionFacts({ started_at: '2026-11-20T10:00:00.000Z' });
  const sessionId = String(session['session_id']);
  await it.post('/v1/sessions', session);
  const facts = segmentFacts(audio, { session_id: sessionId, marks: [{ start_ms: 50, end_ms: 60, kind: 'muted' }] });
  await it.postSegment(facts, audio);
  await it.post(
    '/v1/transcripts',
    transcriptFacts({ session_id: sessionId, turn_id: facts['turn_id'], confidence: 1 }),
  );
  const { body } = await it.get(`/v1/sessions/${sessionId}/timeline`);
  expect(body).toMatchObject({
    concurrent_speakers: 1,
    duration_ms: 1100,
    segments: [{ segment_id: facts['segment_id'], start_ms: 1000, end_ms: 1100, speaker: 'user' }],
    holes: [
      { start_ms: 1003, end_ms: 1005, what: 'gap', reason: 'blocks_lost', speaker: 'user' },
      { start_ms: 1050, end_ms: 1060, what: 'mark', reason: 'muted', speaker: 'user' },
    ],
    words: [{ at_ms: 1050, role: 'user', turn_id: facts['turn_id'], confidence: 1 }],
  });
});

test('[SRV-59] the timeline says how many were heard at once', async () => {
  const sessionId = randomUUID();
  const turn = (speaker: string, from: number, ms: number) =>
    segmentFacts(audio, {
      session_id: sessionId,
      speaker,
      started_at: at(from),
      ended_at: at(from + ms),
      duration_ms: ms,
    });
  const speakers = async () =>
    ((await it.get(`/v1/sessions/${sessionId}/timeline`)).body as { concurrent_speakers: number }).concurrent_speakers;
  await it.postSegment(turn('user', 0, 100), audio);
  await it.postSegment(turn('bot', 100, 400), audio);
  expect(await speakers()).toBe(1);
  await it.postSegment(turn('user', 300, 50), audio);
  expect(await speakers()).toBe(2);
});
