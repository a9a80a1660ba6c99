import { afterEach, beforeEach, expect, test } from 'vitest';
import { BLOCK_FRAMES } from '../../core/messages/audio-setup.ts';
import type { FileRequest } from '../../core/messages/page-engine.ts';
import { sessionFromWire } from '../../core/wire.ts';
import { MS, RATE } from '../../scripted/session.ts';
import { type Plan, channelsOf, decoded, errors, readFile, rms, sine, tone, twoTaps } from '../../scripted/two-taps.ts';
import { type TurntapeDatabase, openTurntapeDatabase } from '../../storage/database.ts';
import { readSession } from '../../storage/sessions.ts';

/** A session file that goes on: of a session that is started again, and under an engine that takes over. */

let db: TurntapeDatabase;
beforeEach(async () => {
  db = await openTurntapeDatabase(`file-goes-on-${crypto.randomUUID()}`);
});
afterEach(() => db.close());

const scripted = (plan: Omit<Plan, 'db'>) => twoTaps({ ...plan, db });
const read = (request: Partial<FileRequest> & { sessionId: string }) => readFile(db, request);

test('[TAPE-7] a session that is started again goes on in its file, behind what is there, at the time of the wall', async () => {
  const first = await scripted({ session: 'stereo', format: 'opus' });
  first.play(2048, { user: tone(440, 0.5) });
  await first.pipeline.stop('session_stop');
  const { sessionId } = first;
  // Its clock begins anew; the wall clock has gone on by ten seconds.
  const second = await scripted({ session: 'stereo', format: 'opus', sessionId, startedAt: 1_700_000_010_000 });
  second.play(2048, { bot: tone(1000, 0.25) });
  await second.pipeline.stop('session_stop');
  const { facts, file } = await read({ sessionId, format: 'opus' });
  expect(facts.sessionStartMs).toBeCloseTo(-10_000, 0);
  expect(facts.durationMs).toBeCloseTo(12_048, 0);
  const audio = await decoded(file);
  const [left, right] = [audio.getChannelData(0), audio.getChannelData(1)];
  expect(rms(left, 4800, 90_000)).toBeGreaterThan(0.3);
  expect(rms(left, 110_000)).toBeLessThan(1e-6);
  expect(rms(right, 0, 10 * RATE - 960)).toBeLessThan(1e-6);
  expect(rms(right, 10 * RATE + 4800, 12 * RATE)).toBeGreaterThan(0.15);
});

test('[TAPE-14] an engine that takes over for one that crashed goes on in the file, every frame in its place', async () => {
  const first = await scripted({ session: 'stereo', format: 'wav' });
  const both = { user: tone(440, 0.5), bot: tone(1000, 0.25) };
  first.play(2048, both);
  await first.caughtUp();
  await expect
    .poll(() => db.read(['session_chunks'], (tx) => tx.objectStore('session_chunks').count()))
    .toBeGreaterThanOrEqual(2 * 32);
  const { sessionId } = first;
  const epochs = sessionFromWire((await readSession(db, sessionId))!).epochs;
  // The first one is dead: nobody asks it for anything. The worklets have kept what came meanwhile, and a second is lost.
  const second = await scripted({
    session: 'stereo',
    format: 'wav',
    sessionId,
    resumes: { epochs, frame: 3072 * 48 },
  });
  second.play(2048, both);
  await second.pipeline.stop('session_stop');
  expect(errors(second.facts)).toEqual([]);
  const { facts, file } = await read({ sessionId, format: 'wav' });
  expect(facts).toMatchObject({ sessionStartMs: 0, durationMs: 5120 });
  const [left, right] = channelsOf(file, 2);
  expect(rms(left!, 4800, 1900 * 48)).toBeGreaterThan(0.3);
  expect(rms(left!, 2150 * 48, 3050 * 48)).toBeLessThan(1e-6);
  for (let frame = 3200 * 48; frame < 5120 * 48; frame += 1)
    if (
      Math.abs(left![frame]! - sine(440, 0.5, frame)) > 1 / 32_000 ||
      Math.abs(right![frame]! - sine(1000, 0.25, frame)) > 1 / 32_000
    )
      expect.unreachable(`frame ${frame}: ${left![frame]} ${right![frame]}`);
});

test('[TAPE-17] what is missing stands at its place in a file that went on after a restart, of both runs', async () => {
  const first = await scripted({ session: 'stereo', format: 'wav' });
  first.play(1024, { user: tone(440, 0.5) });
  first.lose(10);
  first.play(1024, { user: tone(440, 0.5) });
  await first.pipeline.stop('session_stop');
  const { sessionId } = first;
  const lostMs = 10 * (BLOCK_FRAMES / MS);
  const placed = async () => {
    const { facts } = await read({ sessionId });
    const places = facts.gaps.map(({ startMs, endMs }) => [Math.round(startMs), Math.round(endMs)].join('-'));
    return { facts, places: [...new Set(places)] };
  };
  const before = `1024-${Math.round(1024 + lostMs)}`;
  expect((await placed()).places).toEqual([before]);

  const second = await scripted({ session: 'stereo', format: 'wav', sessionId, startedAt: 1_700_000_010_000 });
  second.play(512, { bot: tone(1000, 0.25) });
  second.lose(10);
  second.play(1024, { bot: tone(1000, 0.25) });
  await second.pipeline.stop('session_stop');
  const { facts, places } = await placed();
  // Ten seconds later by the wall clock, on the grid of the file.
  const beginsMs = -facts.sessionStartMs;
  expect(beginsMs).toBeCloseTo(10_000, -2);
  expect(places).toEqual([before, `${Math.round(beginsMs + 512)}-${Math.round(beginsMs + 512 + lostMs)}`]);
});
