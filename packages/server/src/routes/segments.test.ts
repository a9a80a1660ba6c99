import { createHash, randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { opusFile, segmentFacts, transcriptFacts, wavFile } from '../testing/sample-facts.ts';
import { segmentForm, startServerUnderTest, type Answer, type ServerUnderTest } from '../testing/server-under-test.ts';

const MAX_BYTES = 100_000;
let it: ServerUnderTest;
beforeAll(async () => {
  it = await startServerUnderTest({ maxBytes: MAX_BYTES });
});
afterAll(() => it[Symbol.asyncDispose]());

const hash = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');
const path = (facts: Record<string, unknown>, extension: string) =>
  join(it.data, `recordings/${String(facts['session_id'])}/${String(facts['segment_id'])}.${extension}`);
const count = async (facts: Record<string, unknown>) =>
  (await it.rows('SELECT 1 FROM session_audio_segments WHERE segment_id = $1', [facts['segment_id']])).length;

test('[SRV-1] a segment is answered 201 when file, facts and row are stored, each with the same truth', async () => {
  const audio = wavFile(1600, { value: 9 });
  const facts = segmentFacts(audio, { external_id: 'item_7', utterance_ids: ['u1', 'u2'], heard_ms: 12.5 });
  const { status, body } = await it.postSegment(facts, audio);
  const audioUrl = `recordings/${String(facts['session_id'])}/${String(facts['segment_id'])}.wav`;
  expect(status).toBe(201);
  expect(body).toEqual({
    segment_id: facts['segment_id'],
    sha256: hash(audio),
    byte_size: audio.length,
    audio_url: audioUrl,
  });
  expect(hash(await readFile(path(facts, 'wav')))).toBe(hash(audio));
  expect((await stat(path(facts, 'wav'))).mode & 0o777).toBe(0o600);
  expect(JSON.parse(await readFile(path(facts, 'json'), 'utf8'))).toMatchObject(facts);
  const [row] = await it.rows<Record<string, unknown>>(
    'SELECT *, byte_size::float8, start_frame::float8, end_frame::float8 FROM session_audio_segments WHERE segment_id = $1',
    [facts['segment_id']],
  );
  const { started_at: startedAt, ended_at: endedAt, ...rest } = facts;
  expect(row).toMatchObject({ ...rest, sent_at: null, audio_url: audioUrl });
  expect(row).toMatchObject({ started_at: new Date(String(startedAt)), ended_at: new Date(String(endedAt)) });
});

test('[SRV-1] an Ogg Opus file has the extension .ogg', async () => {
  const facts = segmentFacts(opusFile(), { format: 'opus', sample_rate: 48_000 });
  expect((await it.postSegment(facts, opusFile())).status).toBe(201);
  expect(existsSync(path(facts, 'ogg'))).toBe(true);
});

test('[SEAL-6] a sealed file is taken under its own hash; one that only says it is sealed is not', async () => {
  const sealed = Buffer.concat([Buffer.from('TTSEAL\0\u0001', 'latin1'), Buffer.alloc(200, 7)]);
  const capture = { settings: {}, vad: null, encoder: {}, sealed: { scheme: 'turntape-seal-1', keyId: 'k' } };
  const facts = segmentFacts(sealed, { capture });
  const { status, body } = await it.postSegment(facts, sealed);
  expect([status, body]).toEqual([201, expect.objectContaining({ sha256: hash(sealed) })]);
  // A player must not try to open it.
  const { body: list } = await it.get(`/v1/sessions/${String(facts['session_id'])}`);
  expect(list).toMatchObject({ turns: [{ sealed: true }] });
  for (const [audio, given] of [
    [wavFile(), { capture }],
    [sealed, {}],
  ] as const)
    expect((await it.postSegment(segmentFacts(audio, given), audio)).status).toBe(415);
});

test('[SRV-2] the same bytes again are 200 with the same receipt, other bytes are 409 and change nothing', async () => {
  const audio = wavFile();
  const other = wavFile(1600, { value: 1 });
  const facts = segmentFacts(audio);
  const first = await it.postSegment(facts, audio);
  const again = await it.postSegment(facts, audio);
  expect([again.status, again.body]).toEqual([200, first.body]);
  const conflict = await it.postSegment({ ...segmentFacts(other), ...idsOf(facts) }, other);
  expect(conflict).toMatchObject({ status: 409, body: { error: { code: 'conflict', field: 'segment_id' } } });
  expect(hash(await readFile(path(facts, 'wav')))).toBe(hash(audio));
});

test('[SRV-2] an id of another session is not taken over with the same bytes', async () => {
  const audio = wavFile();
  const facts = segmentFacts(audio);
  await it.postSegment(facts, audio);
  const stranger = { ...facts, session_id: randomUUID() };
  expect((await it.postSegment(stranger, audio)).status).toBe(409);
  expect(existsSync(path(stranger, 'wav'))).toBe(false);
});

test('[SRV-3] of twelve parallel posts of one segment one is 201 and eleven are 200', async () => {
  const audio = wavFile();
  const facts = segmentFacts(audio);
  const answers = await Promise.all(Array.from({ length: 12 }, () => it.postSegment(facts, audio)));
  expect(statuses(answers)).toEqual([...Array.from({ length: 11 }, () => 200), 201]);
  expect(new Set(answers.map(({ body }) => JSON.stringify(body))).size).toBe(1);
  expect(await count(facts)).toBe(1);
});

test('[SRV-3] of parallel posts with different bytes one wins, and its file has its hash', async () => {
  const files = [1, 2, 3, 4].map((value) => wavFile(400, { value }));
  const ids = idsOf(segmentFacts(undefined));
  const answers = await Promise.all(files.map((audio) => it.postSegment({ ...segmentFacts(audio), ...ids }, audio)));
  expect(statuses(answers)).toEqual([201, 409, 409, 409]);
  const winner = answers.find(({ status }) => status === 201)?.body as { sha256: string };
  expect(hash(await readFile(path(ids, 'wav')))).toBe(winner.sha256);
});

test('[SRV-4] a wrong hash or size is 422 by the name of the field, and nothing is stored', async () => {
  const audio = wavFile();
  const wrongHash = segmentFacts(audio, { sha256: 'f'.repeat(64) });
  const wrongSize = segmentFacts(audio, { byte_size: audio.length + 1 });
  expect(await it.postSegment(wrongHash, audio)).toMatchObject({
    status: 422,
    body: { error: { code: 'hash_mismatch', field: 'sha256' } },
  });
  expect(await it.postSegment(wrongSize, audio)).toMatchObject({
    status: 422,
    body: { error: { code: 'size_mismatch', field: 'byte_size' } },
  });
  expect(await count(wrongHash)).toBe(0);
  expect(existsSync(path(wrongHash, 'wav'))).toBe(false);
});

test('[SRV-5] a file that is not what the segment says is 415, whatever its part was called', async () => {
  const vorbis = Buffer.from(opusFile());
  vorbis.write('vorbis__', 28);
  const page = Buffer.from('<!doctype html><script>alert(1)</script>');
  for (const [audio, format] of [
    [opusFile(), 'wav'],
    [wavFile(), 'opus'],
    [vorbis, 'opus'],
    [page, 'wav'],
    [Buffer.alloc(0), 'wav'],
  ] as const)
    expect(await it.postSegment(segmentFacts(audio, { format }), audio)).toMatchObject({
      status: 415,
      body: { error: { code: 'unsupported_media_type', field: 'audio' } },
    });
});

test('[SRV-6] a file over the limit is 413, one at the limit is stored', async () => {
  const atLimit = wavFile((MAX_BYTES - 44) / 2);
  const over = wavFile((MAX_BYTES - 44) / 2 + 1);
  expect((await it.postSegment(segmentFacts(atLimit), atLimit)).status).toBe(201);
  expect(await it.postSegment(segmentFacts(over), over)).toMatchObject({
    status: 413,
    body: { error: { code: 'too_large', field: 'audio' } },
  });
});

test('[SRV-8] a turn that was never heard has facts and a row, and no file', async () => {
  const facts = segmentFacts(undefined, { speaker: 'bot', duration_ms: 0, rendered_ms: 0, generated_ms: 900 });
  const first = await it.postSegment(facts);
  expect(first).toMatchObject({ status: 201, body: { sha256: '', byte_size: 0, audio_url: '' } });
  expect((await it.postSegment(facts)).status).toBe(200);
  expect(await readdir(join(it.data, 'recordings', String(facts['session_id'])))).toEqual([
    `${String(facts['segment_id'])}.json`,
  ]);
  const promised = segmentFacts(wavFile());
  expect(await it.postSegment(promised)).toMatchObject({ status: 422, body: { error: { field: 'byte_size' } } });
});

test('[SRV-9] words that are known with the segment travel with it', async () => {
  const audio = wavFile();
  const facts = segmentFacts(audio, { external_id: 'item_1' });
  const transcript = transcriptFacts({ session_id: facts['session_id'], turn_id: null, external_id: 'item_1' });
  expect((await it.postSegment({ ...facts, transcript }, audio)).status).toBe(201);
  const rows = await it.rows('SELECT turn_id, text FROM session_transcripts WHERE session_id = $1', [
    facts['session_id'],
  ]);
  expect(rows).toEqual([{ turn_id: facts['turn_id'], text: transcript['text'] }]);
  const elsewhere = transcriptFacts();
  expect(await it.postSegment({ ...segmentFacts(audio), transcript: elsewhere }, audio)).toMatchObject({
    status: 422,
    body: { error: { field: 'transcript' } },
  });
});

test('[SRV-7] what is no form, no segment or no JSON is refused with the field', async () => {
  const send = async (init: RequestInit) => {
    const response = await it.request('/v1/segments', { method: 'POST', ...init });
    return { status: response.status, body: await response.json() };
  };
  const twice = segmentForm(segmentFacts(undefined));
  twice.append('segment', '{}');
  expect(await send({ body: '{}', headers: { 'content-type': 'application/json' } })).toMatchObject({ status: 415 });
  expect(await send({ body: 'no form', headers: { 'content-type': 'multipart/form-data; boundary=x' } })).toMatchObject(
    { status: 400, body: { error: { code: 'malformed' } } },
  );
  expect(await send({ body: form({}) })).toMatchObject({ status: 400 });
  expect(await send({ body: twice })).toMatchObject({ status: 400, body: { error: { field: 'segment' } } });
  expect(await send({ body: form({ segment: '{' }) })).toMatchObject({
    status: 400,
    body: { error: { code: 'malformed', field: 'segment' } },
  });
  expect(await send({ body: form({ segment: JSON.stringify(segmentFacts(wavFile())), audio: 'text' }) })).toMatchObject(
    { status: 400, body: { error: { field: 'audio' } } },
  );
  expect(await it.postSegment(segmentFacts(wavFile(), { sample_rate: 0 }), wavFile())).toMatchObject({
    status: 422,
    body: { error: { code: 'invalid_field', field: 'sample_rate', message: 'sample_rate: must be at least 8000' } },
  });
});

test('[SRV-22] when the row cannot be written there is no 201, and the next try stores it', async () => {
  const audio = wavFile();
  const facts = segmentFacts(audio);
  await it.server.db.query('ALTER TABLE session_audio_segments RENAME COLUMN sha256 TO gone');
  const failed = await it.postSegment(facts, audio);
  await it.server.db.query('ALTER TABLE session_audio_segments RENAME COLUMN gone TO sha256');
  expect(failed).toMatchObject({ status: 500, body: { error: { code: 'internal' } } });
  expect((await it.postSegment(facts, audio)).status).toBe(201);
  // Our fault is not counted as the session's.
  const again = segmentFacts(audio, { session_id: facts['session_id'] });
  await it.server.db.query('ALTER TABLE session_audio_segments RENAME COLUMN sha256 TO gone');
  await it.postSegment(again, audio);
  await it.server.db.query('ALTER TABLE session_audio_segments RENAME COLUMN gone TO sha256');
  expect(await it.rows('SELECT 1 FROM session_refusals WHERE session_id = $1', [facts['session_id']])).toEqual([]);
});

test('[SRV-22] when the file cannot be written there is no row, and the next try stores it', async () => {
  const audio = wavFile();
  const facts = segmentFacts(audio);
  const incoming = join(it.data, 'incoming');
  await rename(incoming, `${incoming}.away`);
  await writeFile(incoming, 'in the way');
  const failed = await it.postSegment(facts, audio);
  expect(await count(facts)).toBe(0);
  await rm(incoming);
  await rename(`${incoming}.away`, incoming);
  expect(failed.status).toBe(500);
  expect((await it.postSegment(facts, audio)).status).toBe(201);
});

test('[SRV-22] nothing half written is left after all of this', async () => {
  expect(await readdir(join(it.data, 'incoming'))).toEqual([]);
});

function form(parts: Record<string, string>): FormData {
  const made = new FormData();
  for (const [name, part] of Object.entries(parts)) made.set(name, part);
  return made;
}

function statuses(answers: readonly Answer[]): number[] {
  return answers.map(({ status }) => status).sort((a, b) => a - b);
}

function idsOf({ segment_id, session_id }: Record<string, unknown>): Record<string, unknown> {
  return { segment_id, session_id };
}
