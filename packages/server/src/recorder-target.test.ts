import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { SegmentWire, SessionWire, TranscriptWire } from '../../sdk/src/core/wire.ts';
import { httpTarget } from '../../sdk/src/upload/targets/http-target.ts';
import { checkReceipt } from '../../sdk/src/upload/receipt-check.ts';
import { segmentFacts, sessionFacts, transcriptFacts, wavFile } from './testing/sample-facts.ts';
import { startServerUnderTest, TOKEN, type ServerUnderTest } from './testing/server-under-test.ts';

// The recorder's own HTTP target against the real server: neither side is imitated.
let it: ServerUnderTest;
beforeAll(async () => {
  it = await startServerUnderTest({ maxBytes: 100_000 });
});
afterAll(() => it[Symbol.asyncDispose]());

const { signal } = new AbortController();
const target = (token = TOKEN) =>
  httpTarget(`${it.server.url}/v1`, { headers: () => ({ authorization: `Bearer ${token}` }) });
const audio = wavFile();
const blob = new Blob([new Uint8Array(audio)], { type: 'audio/wav' });
const segment = (facts: Record<string, unknown> = {}) => segmentFacts(audio, facts) as unknown as SegmentWire;

test('[SRV-1] the recorder takes the server’s receipt as proof, with audio and without', async () => {
  const heard = segment();
  checkReceipt(heard, await target().send(heard, blob, { signal }));
  checkReceipt(heard, await target().send(heard, blob, { signal }));
  const unheard = segmentFacts(undefined, { speaker: 'bot' }) as unknown as SegmentWire;
  checkReceipt(unheard, await target().send(unheard, undefined, { signal }));
});

test('[HEAR-21] the server takes an unheard tail like any segment, and no query by its turn finds it', async () => {
  const turnId = randomUUID();
  const tail = { turn_id: turnId, utterance_id: 'u1', from_ms: 400.5, to_ms: 1000 };
  const at = '2026-11-20T10:00:05.000Z';
  const facts = segment({ speaker: 'bot', unheard_tail: tail, started_at: at, ended_at: at, rendered_ms: null });
  checkReceipt(facts, await target().send(facts, blob, { signal }));
  const stored = await it.rows('SELECT 1 FROM session_audio_segments WHERE turn_id = $1', [turnId]);
  expect(stored).toEqual([]);
  const file = join(it.data, `recordings/${facts.session_id}/${facts.segment_id}.json`);
  expect(JSON.parse(await readFile(file, 'utf8'))).toMatchObject({ unheard_tail: tail });
});

test('[SRV-9] [SRV-16] the recorder’s transcripts and sessions are stored', async () => {
  const session = sessionFacts();
  const transcript = transcriptFacts({ session_id: session['session_id'] });
  await target().sendSession?.(session as unknown as SessionWire, { signal });
  await target().sendTranscript?.(transcript as unknown as TranscriptWire, { signal });
  expect((await it.get(`/v1/sessions/${String(session['session_id'])}`)).body).toMatchObject({
    session: { state: 'active' },
    turns: [{ text: transcript['text'] }],
  });
});

test('[SRV-6] [SRV-14] the recorder hears why it was refused: by code, and without sending what is too large', async () => {
  await expect(target('stale-but-long-enough').send(segment(), blob, { signal })).rejects.toMatchObject({
    code: 'unauthorized',
  });
  await expect(target().send(segment({ sha256: '0'.repeat(64) }), blob, { signal })).rejects.toMatchObject({
    code: 'rejected',
    retryable: false,
    field: 'sha256',
    cause: { status: 422, code: 'hash_mismatch' },
  });
  const posts = it.log.filter(({ facts }) => facts['path'] === '/v1/segments').length;
  const large = wavFile(60_000);
  const tooLarge = segmentFacts(large) as unknown as SegmentWire;
  await expect(target().send(tooLarge, new Blob([new Uint8Array(large)]), { signal })).rejects.toMatchObject({
    code: 'rejected',
    field: 'audio',
  });
  expect(it.log.filter(({ facts }) => facts['path'] === '/v1/segments')).toHaveLength(posts);
});
