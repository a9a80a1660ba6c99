import { afterAll, beforeAll, expect, test } from 'vitest';
import { listMasters } from '../stores/derived-files.ts';
import { segmentFacts, sessionFacts, transcriptFacts, wavFile } from '../testing/sample-facts.ts';
import { startServerUnderTest, type ServerUnderTest } from '../testing/server-under-test.ts';

let it: ServerUnderTest;
const audio = wavFile(800, { value: 3 });
const session = sessionFacts();
const sessionId = String(session['session_id']);
const at = (second: number) => `2026-11-20T10:00:0${second}.000Z`;

/** A turn of each kind: user with words, bot cut short with words, bot of two parts, user without words, unheard bot. */
const turns = {
  user: segmentFacts(audio, { session_id: sessionId, started_at: at(1), ended_at: at(2) }),
  cut: segmentFacts(audio, {
    session_id: sessionId,
    speaker: 'bot',
    started_at: at(2),
    ended_at: at(3),
    interrupted: true,
    interruption_cause: 'client_vad',
    end_reason: 'interrupted',
    rendered_ms: 800,
    heard_ms: 780,
    generated_ms: 4000,
  }),
  long: segmentFacts(audio, {
    session_id: sessionId,
    speaker: 'bot',
    started_at: at(4),
    ended_at: at(5),
    is_last: false,
  }),
  wordless: segmentFacts(audio, {
    session_id: sessionId,
    clock_epoch: 0,
    clock_rate: 48_000,
    start_frame: 288_000,
    gaps: [{ start_ms: 10, end_ms: 20, cause: 'microphone_changed' }],
    marks: [{ start_ms: 50, end_ms: 60, kind: 'mute' }],
    started_at: at(6),
    ended_at: at(7),
  }),
  unheard: segmentFacts(undefined, { session_id: sessionId, speaker: 'bot', started_at: at(8), ended_at: at(8) }),
};
const second = segmentFacts(audio, { ...turns.long, segment_id: undefined, part: 2, is_last: true });
second['segment_id'] = segmentFacts(undefined)['segment_id'];
const spoken = [
  transcriptFacts({ session_id: sessionId, turn_id: turns.user['turn_id'], text: 'Hello?', occurred_at: at(1) }),
  transcriptFacts({
    session_id: sessionId,
    turn_id: turns.cut['turn_id'],
    role: 'assistant',
    text: 'Good day to you, and',
    interrupted: true,
    occurred_at: at(2),
  }),
  transcriptFacts({
    session_id: sessionId,
    turn_id: turns.long['turn_id'],
    role: 'assistant',
    text: 'As I was saying.',
    occurred_at: at(4),
  }),
  // Its turn never sent any audio.
  transcriptFacts({ session_id: sessionId, turn_id: null, external_id: 'lost', text: 'Bye.', occurred_at: at(9) }),
];

beforeAll(async () => {
  it = await startServerUnderTest();
  await it.post('/v1/sessions', session);
  for (const segment of [...Object.values(turns), second])
    await it.postSegment(segment, segment === turns.unheard ? undefined : audio);
  for (const transcript of spoken) await it.post('/v1/transcripts', transcript);
});
afterAll(() => it[Symbol.asyncDispose]());

test('[SRV-11] the documented query for a turn runs unchanged and finds the audio of every transcript', async () => {
  // As the older system documents it, with a session's id in the place of its placeholder.
  const documented = `SELECT t.role, t.text, t.interrupted, a.audio_url, a.duration_ms
FROM session_transcripts   t
JOIN session_audio_segments a ON a.turn_id = t.turn_id
WHERE t.session_id = 'your-session-uuid'
ORDER BY t.occurred_at;`;
  const rows = await it.rows<Record<string, unknown>>(documented.replace('your-session-uuid', sessionId));
  expect(rows.map(({ role, text, interrupted }) => [role, text, interrupted])).toEqual([
    ['user', 'Hello?', false],
    ['assistant', 'Good day to you, and', true],
    ['assistant', 'As I was saying.', false],
    ['assistant', 'As I was saying.', false],
  ]);
  expect(rows[0]).toMatchObject({
    audio_url: `recordings/${sessionId}/${String(turns.user['segment_id'])}.wav`,
    duration_ms: 100,
  });
});

test('[SRV-11] the documented query for a whole call runs unchanged, words without audio included', async () => {
  const documented = `SELECT
    t.role,
    t.text,
    t.interrupted      AS transcript_interrupted,
    a.audio_url,
    a.duration_ms,
    a.interrupted      AS audio_interrupted,
    t.occurred_at
FROM session_transcripts    t
LEFT JOIN session_audio_segments a
    ON a.turn_id = t.turn_id
WHERE t.session_id = $1
ORDER BY t.occurred_at;`;
  const rows = await it.rows<Record<string, unknown>>(documented, [sessionId]);
  expect(rows.map((row) => [row['text'], row['transcript_interrupted'], row['audio_interrupted']])).toEqual([
    ['Hello?', false, false],
    ['Good day to you, and', true, true],
    ['As I was saying.', false, false],
    ['As I was saying.', false, false],
    ['Bye.', false, null],
  ]);
  expect(rows.at(-1)).toMatchObject({ audio_url: null, duration_ms: null });
});

test('[SRV-136] a session names the speakers of whom it has no sound', async () => {
  const emptyOf = async (id: unknown) => {
    const { body } = await it.get(`/v1/sessions/${String(id)}`);
    return (body as { session: { empty_tracks: string[] } }).session.empty_tracks;
  };
  expect(await emptyOf(sessionId)).toEqual([]);
  // Older than the first, which stays where the list of sessions has it.
  const oneSided = sessionFacts({ started_at: '2026-11-19T10:00:00.000Z' });
  const { session_id } = oneSided;
  await it.post('/v1/sessions', oneSided);
  expect(await emptyOf(session_id)).toEqual(['user', 'bot']);
  await it.postSegment(segmentFacts(audio, { session_id }), audio);
  // What nobody heard is no sound of the bot.
  await it.postSegment(segmentFacts(undefined, { session_id, speaker: 'bot' }), undefined);
  expect(await emptyOf(session_id)).toEqual(['bot']);
});

test('[SRV-12] the playback list has every turn in order: with words, with audio, or with either alone', async () => {
  const { status, body } = await it.get(`/v1/sessions/${sessionId}`);
  const { session: facts, turns: list } = body as { session: object; turns: Record<string, unknown>[] };
  expect(status).toBe(200);
  expect(facts).toMatchObject({ session_id: sessionId, state: 'active', segments: 6, transcripts: 4, interrupted: 1 });
  expect(list.map(({ role, text, part }) => [role, text, part])).toEqual([
    ['user', 'Hello?', 1],
    ['assistant', 'Good day to you, and', 1],
    ['assistant', 'As I was saying.', 1],
    ['assistant', 'As I was saying.', 2],
    ['user', null, 1],
    ['assistant', null, 1],
    ['user', 'Bye.', null],
  ]);
  expect(list[1]).toMatchObject({
    turn_id: turns.cut['turn_id'],
    segment_id: turns.cut['segment_id'],
    audio_url: `recordings/${sessionId}/${String(turns.cut['segment_id'])}.wav`,
    playback_url: expect.stringContaining(`/v1/segments/${String(turns.cut['segment_id'])}/audio?expires=`) as string,
    duration_ms: 100,
    byte_size: audio.length,
    interrupted: true,
    interruption_cause: 'client_vad',
    rendered_ms: 800,
    heard_ms: 780,
    generated_ms: 4000,
  });
  // All that a player needs to put it in its place, and to say what is missing.
  expect(list[4]).toMatchObject({
    clock_epoch: 0,
    start_frame: 288_000,
    gaps: [{ start_ms: 10, end_ms: 20, cause: 'microphone_changed' }],
    marks: [{ start_ms: 50, end_ms: 60, kind: 'mute' }],
  });
  expect(list.map(({ sealed }) => sealed)).toEqual([false, false, false, false, false, false, false]);
  expect(list[5]).toMatchObject({ audio_url: '', playback_url: null });
  expect(list[6]).toMatchObject({ turn_id: null, audio_url: null, playback_url: null });
});

test('[SRV-12] the list of sessions has the newest first and says what is stored of each', async () => {
  await it.post('/v1/sessions', sessionFacts({ started_at: '2026-11-21T10:00:00.000Z' }));
  const list = async (query = '') =>
    ((await it.get(`/v1/sessions${query}`)).body as { sessions: Record<string, unknown>[] }).sessions;
  expect((await list())[1]).toMatchObject({ session_id: sessionId, segments: 6, transcripts: 4, audio_ms: 600 });
  expect(await list('?limit=1')).toHaveLength(1);
  expect(await it.get('/v1/sessions?limit=0')).toMatchObject({ status: 422, body: { error: { field: 'limit' } } });
});

test('[SRV-12] an unknown session and an id that is none are both 404', async () => {
  for (const id of ['0b7d5b0a-0000-4000-8000-000000000000', 'none', '..%2f..%2fetc'])
    expect(await it.get(`/v1/sessions/${id}`)).toMatchObject({ status: 404, body: { error: { code: 'not_found' } } });
});

const audioPath = () => `/v1/segments/${String(turns.user['segment_id'])}/audio`;

test('[SRV-13] the audio comes back byte for byte, as audio and nothing else', async () => {
  const response = await it.request(audioPath());
  expect(response.status).toBe(200);
  expect(Buffer.from(await response.arrayBuffer()).equals(audio)).toBe(true);
  expect(Object.fromEntries(response.headers)).toMatchObject({
    'content-type': 'audio/wav',
    'content-length': String(audio.length),
    'accept-ranges': 'bytes',
    'x-content-type-options': 'nosniff',
    'cache-control': 'private, no-store',
    'content-security-policy': "sandbox; default-src 'none'",
    'content-disposition': `inline; filename="${String(turns.user['segment_id'])}.wav"`,
  });
});

test('[SRV-13] a player may ask for a range, and for the head alone', async () => {
  const part = await it.request(audioPath(), { headers: { range: 'bytes=44-143' } });
  expect(part.status).toBe(206);
  expect(part.headers.get('content-range')).toBe(`bytes 44-143/${audio.length}`);
  expect(Buffer.from(await part.arrayBuffer()).equals(audio.subarray(44, 144))).toBe(true);
  const beyond = await it.request(audioPath(), { headers: { range: 'bytes=999999-' } });
  expect([beyond.status, beyond.headers.get('content-range')]).toEqual([416, `bytes */${audio.length}`]);
  await beyond.body?.cancel();
  const head = await it.request(audioPath(), { method: 'HEAD' });
  expect([head.status, head.headers.get('content-length')]).toEqual([200, String(audio.length)]);
});

test('[SRV-13] a segment without audio, an unknown one and no id at all are all 404', async () => {
  for (const id of [String(turns.unheard['segment_id']), '0b7d5b0a-0000-4000-8000-000000000000', '%2e%2e'])
    expect((await it.get(`/v1/segments/${id}/audio`)).status).toBe(404);
});

test('[SRV-108] what was generated and nobody heard is marked, and no line of the conversation unless it is asked for', async () => {
  const own = String(sessionFacts()['session_id']);
  const heard = segmentFacts(audio, { session_id: own, speaker: 'bot', started_at: at(1), ended_at: at(2) });
  const tail = { turn_id: heard['turn_id'], utterance_id: 'u1', from_ms: 400, to_ms: 900 };
  const unheard = segmentFacts(audio, {
    session_id: own,
    speaker: 'bot',
    started_at: at(2),
    ended_at: at(2),
    unheard_tail: tail,
  });
  // Words that know only their time: the tail lies nearer, and is no turn.
  const words = { session_id: own, turn_id: null, role: 'assistant', occurred_at: at(2), text: 'Well' };
  await it.post('/v1/transcripts', transcriptFacts(words));
  await it.postSegment(unheard, audio);
  await it.postSegment(heard, audio);
  const list = async (query: string) =>
    ((await it.get(`/v1/sessions/${own}${query}`)).body as { turns: Record<string, unknown>[] }).turns.map((turn) => [
      turn['segment_id'],
      turn['text'],
      turn['unheard_tail'],
    ]);
  expect(await list('')).toEqual([[heard['segment_id'], 'Well', null]]);
  expect(await list('?unheard=true')).toEqual([
    [heard['segment_id'], 'Well', null],
    [unheard['segment_id'], null, tail],
  ]);
  const { body } = await it.get(`/v1/sessions/${own}/timeline`);
  expect((body as { segments: { segment_id: string }[] }).segments.map(({ segment_id: id }) => id)).toEqual([
    heard['segment_id'],
  ]);
  // Nor is it in a file of the whole session.
  const masters = await listMasters(it.server.db, own);
  expect(masters.map(({ segment_id: id }) => id)).toEqual([heard['segment_id']]);
  expect((await it.get(`/v1/sessions/${own}`)).body).toMatchObject({ session: { segments: 1, audio_ms: 100 } });
});

/** The epochs of a run whose first frame was heard then. */
const epochOf = (wallMs: number) => [
  {
    epoch: 0,
    clock_id: 1,
    clock_rate: 48_000,
    start_frame: 0,
    session_frame_offset: 0,
    wall_anchor: { frame: 0, wall_ms: wallMs },
  },
];

test('[SRV-140] a session that a reloaded page goes on with began with its first run; each turn of either lies at its own time', async () => {
  const own = sessionFacts({ started_at: at(0) });
  const id = own['session_id'];
  const began = Date.parse(at(0));
  // The start takes some milliseconds before its first frame.
  await it.post('/v1/sessions', { ...own, epochs: epochOf(began + 20) });
  const turn = (second: number, startFrame: number) =>
    segmentFacts(audio, {
      session_id: id,
      clock_epoch: 0,
      clock_rate: 48_000,
      start_frame: startFrame,
      started_at: at(second),
      ended_at: new Date(Date.parse(at(second)) + 100).toISOString(),
    });
  await it.postSegment(turn(1, 48_000), audio);
  const offsets = async () =>
    (await listMasters(it.server.db, String(id))).map(({ offset_ms }) => Math.round(offset_ms));
  expect(await offsets()).toEqual([1000]);
  // The reload: another timeline, from second 5 on.
  const second = { ...own, started_at: at(5), epochs: epochOf(began + 5000) };
  await it.post('/v1/sessions', second);
  await it.postSegment(turn(6, 48_000), audio);
  expect(await offsets()).toEqual([1000, 6000]);
  await it.post('/v1/sessions', { ...second, ended_at: at(7), end_reason: 'session_stop', state: 'ended' });
  expect(await offsets()).toEqual([1000, 6000]);
  const { body } = await it.get(`/v1/sessions/${String(id)}/timeline`);
  expect(body).toMatchObject({ started_at: at(0), segments: [{ start_ms: 1000 }, { start_ms: 6000 }] });
});
