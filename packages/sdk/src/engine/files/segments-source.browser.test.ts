import { expect, test } from 'vitest';
import { loudness } from '../../scripted/session.ts';
import { channelsOf, readFile, rms, tone, twoTaps } from '../../scripted/two-taps.ts';
import { freshDatabase } from '../../scripted/fresh-database.ts';
import type { TurntapeDatabase } from '../../storage/database.ts';
import { dropOldest } from '../../storage/drop-oldest.ts';
import { createOutbox } from '../../storage/outbox.ts';
import { keepSegment } from '../../storage/segments.ts';
import { startSession } from '../../storage/sessions.ts';
import { sampleWav } from '../../testing/conformance-kit.ts';
import { sampleSession } from '../../upload-contract/samples.ts';
import { readSessionFileAs } from './session-files.ts';

const sessionId = '0198c0de-0000-7000-8000-000000000002';
const RATE = 48_000;

let db: TurntapeDatabase;
freshDatabase((opened) => (db = opened));

test('[KEEP-12] what a full disk took of a session that runs is a gap in its file, with its cause, and silent', async () => {
  const wall_anchor = { frame: 0, wall_ms: Date.parse('2026-11-20T10:00:00.000Z') };
  const epoch = { epoch: 0, clock_id: 1, clock_rate: RATE, start_frame: 0, session_frame_offset: 0, wall_anchor };
  await startSession(db, sampleSession(sessionId, { epochs: [epoch] }));
  for (const second of [0, 1, 2]) {
    const { segment, audio } = await sampleWav({ sessionId, durationMs: 1000 });
    const facts = { ...segment, clock_epoch: 0, clock_rate: RATE, start_frame: RATE * second };
    await keepSegment(db, facts, await audio.arrayBuffer(), { nowMs: second });
  }
  const outbox = createOutbox(db);
  const [, first] = await outbox.items();
  await outbox.acknowledged(first!, undefined);
  await dropOldest(db, { bytes: 1, includeUnacknowledged: false, reason: 'full', ownSessionIds: [sessionId] });

  const { facts, bytes } = await readSessionFileAs(db, {
    sessionId,
    layout: 'stereo',
    format: 'wav',
    bitrate: 32_000,
    sampleRate: RATE,
    speaker: 'user',
    fromMs: undefined,
    toMs: undefined,
  });
  expect(facts.gaps).toEqual([{ startMs: 0, endMs: 1000, cause: 'storage_full', speaker: 'user' }]);
  const pieces: Uint8Array<ArrayBuffer>[] = [];
  for await (const piece of bytes) pieces.push(piece as Uint8Array<ArrayBuffer>);
  const samples = new Int16Array(await new Blob(pieces).arrayBuffer(), 44);
  expect(samples).toHaveLength(3 * RATE);
  const isSilent = (second: number): boolean =>
    samples.subarray(second * RATE, (second + 1) * RATE).every((sample) => sample === 0);
  expect([0, 1, 2].map(isSilent)).toEqual([true, false, false]);
});

test('[KEEP-14] of a session that was started again under its id both runs lie in one file, each at its own time', async () => {
  const first = await twoTaps({
    db,
    session: false,
    format: 'wav',
    model: loudness(0.1),
    startedAt: Date.now() - 60_000,
  });
  first.play(1024, { user: tone(440, 0.5) });
  first.play(1024, {});
  await first.pipeline.stop('session_stop');
  const second = await twoTaps({
    db,
    session: false,
    format: 'wav',
    model: loudness(0.1),
    sessionId: first.sessionId,
    startedAt: Date.now(),
  });
  // Before the second run has heard anything there is the first one.
  const { facts: early } = await readFile(db, { sessionId: first.sessionId, speaker: 'user', sampleRate: RATE });
  expect(early.durationMs).toBeGreaterThan(900);
  second.play(1024, { user: tone(1000, 0.25) });
  second.play(1024, {});
  await second.pipeline.stop('session_stop');
  const { facts, file } = await readFile(db, { sessionId: first.sessionId, speaker: 'user', sampleRate: RATE });
  expect(facts.durationMs).toBeGreaterThan(60_000);
  const [samples] = channelsOf(file, 1);
  expect(rms(samples!, 4800, 0.9 * RATE)).toBeGreaterThan(0.3);
  expect(rms(samples!, 5 * RATE, 59 * RATE)).toBe(0);
  expect(rms(samples!.subarray(59 * RATE))).toBeGreaterThan(0.05);
});
