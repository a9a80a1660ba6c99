import { expect, test } from 'vitest';
import { BLOCK_FRAMES } from '../../core/messages/audio-setup.ts';
import { typedPort } from '../../core/messages/ports.ts';
import {
  type TapCommand,
  type TapMessage,
  tapCommandTransferables,
  tapTransferables,
} from '../../core/messages/tap-engine.ts';
import type { WhenFull } from '../../core/settings.ts';
import { noise, smallDisk } from '../../scripted/small-disk.ts';
import { RATE, STARTED_MS, named, scriptedPipeline, scriptedSettings } from '../../scripted/session.ts';
import type { TurntapeDatabase } from '../../storage/database.ts';
import { eraseSession } from '../../storage/erase.ts';
import { createRoomMaker } from '../../storage/make-room.ts';
import { createOutbox } from '../../storage/outbox.ts';
import { keepSegment, listSegments, readAudio } from '../../storage/segments.ts';
import { endSession, readSession, startSession } from '../../storage/sessions.ts';
import { sampleSegmentWithAudio, sampleSession, sampleSessionEnd } from '../../upload-contract/samples.ts';
import { recoverSessions } from './recovery.ts';

/** The engine on a disk that is really full. */

const MIB = 2 ** 20;

let db: TurntapeDatabase;
let dropped: { id: string; acknowledged: boolean }[] = [];

const onSmallDisk = smallDisk();
async function openDisk(mebibytes: number, whenFull: WhenFull = 'stop'): Promise<void> {
  dropped = [];
  const makeRoom = createRoomMaker({
    whenFull: () => whenFull,
    ownSessionIds: () => [],
    onDropped: (event) => dropped.push(event),
  });
  db = await onSmallDisk(mebibytes * MIB, { makeRoom });
}

/** An ended session with segments of one MiB each; acknowledged, or waiting to be sent. */
async function fill(sessionId: string, segments: number, acknowledged: boolean): Promise<void> {
  await startSession(db, sampleSession(sessionId));
  const outbox = createOutbox(db);
  for (let each = 0; each < segments; each += 1) {
    const { segment } = await sampleSegmentWithAudio(sessionId, { byteSize: MIB });
    await keepSegment(db, segment, noise(MIB));
  }
  await endSession(db, sampleSessionEnd(sessionId));
  if (acknowledged) for (const item of await outbox.items()) await outbox.acknowledged(item, undefined);
}

/** Each frame has a value of its own for a second and more, and none is silent. */
const ruler = (frame: number): number => (1000 + (frame % 30_000)) / 32_768;

/** One push-to-talk turn of a ruler, faster than real time. */
async function speaker(sessionId = crypto.randomUUID()) {
  const { pipeline, facts } = await scriptedPipeline(db, scriptedSettings(sessionId, { vad: null }));
  const { port1, port2 } = new MessageChannel();
  const port = typedPort<TapCommand, TapMessage>(port1, tapCommandTransferables);
  const [clockId, clockRate] = [1, RATE];
  pipeline.connectTap({ speaker: 'user', clockId, clockRate, boundaries: 'none', plays: false, port });
  const tap = typedPort<TapMessage, TapCommand>(port2, tapTransferables);
  let frame = 0;
  tap.receive((command) => {
    if (command.type === 'stop') tap.send({ type: 'stopped', endFrame: frame });
  });
  const speak = (seconds: number): void => {
    for (const end = frame + seconds * RATE; frame < end; frame += BLOCK_FRAMES) {
      const samples = Float32Array.from({ length: BLOCK_FRAMES }, (_, at) => ruler(frame + at));
      tap.send({ type: 'block', startFrame: frame, wallMs: STARTED_MS + (frame / RATE) * 1000, samples });
    }
  };
  return {
    sessionId,
    pipeline,
    facts,
    errors: () => named(facts, 'error').map(({ error }) => error.code),
    /** Settles when the engine has taken all of it. */
    speak: async (seconds: number): Promise<void> => {
      speak(seconds);
      await expect.poll(() => pipeline.stats().capturedFrames.user, { timeout: 60_000 }).toBeGreaterThanOrEqual(frame);
    },
    keyDown: () => pipeline.say({ type: 'turn-start', speaker: 'user', turnId: crypto.randomUUID() }),
    keyUp: () => pipeline.say({ type: 'turn-end', speaker: 'user' }),
  };
}

/** The frames of a segment that are not what was spoken there. */
async function wrongFrames(sessionId: string, index = 0): Promise<{ total: number; wrong: number[]; silent: number }> {
  const segment = (await listSegments(db, sessionId))[index];
  const audio = await readAudio(db, segment?.segment_id ?? '');
  const samples = new Int16Array(audio ?? new ArrayBuffer(44), 44);
  const wrong: number[] = [];
  let silent = 0;
  for (const [at, sample] of samples.entries()) {
    if (sample === 0) silent += 1;
    else if (sample !== Math.round(ruler((segment?.start_frame ?? 0) + at) * 32_768)) wrong.push(at);
  }
  return { total: samples.length, wrong, silent };
}

/** A key is held for so long, on a disk of so many MiB of which another session has some, until it takes no more. */
async function speakUntilFull(disk: { mib: number; fillerMib: number; seconds: number }) {
  await openDisk(disk.mib);
  await fill('filler', disk.fillerMib, false);
  const speaking = await speaker();
  speaking.keyDown();
  await speaking.speak(disk.seconds);
  await expect.poll(speaking.errors, { timeout: 20_000 }).toContain('storage_full');
  /** There is room again; it goes on for so long, the key goes up, and the session is stopped. */
  const goOn = async (seconds: number): Promise<void> => {
    await eraseSession(db, 'filler');
    await speaking.speak(seconds);
    speaking.keyUp();
    await speaking.speak(1);
    await speaking.pipeline.stop('session_stop');
  };
  return { ...speaking, goOn };
}

test('[QUOTA-9] a disk that is full in the middle of a turn and has room again in time costs not one sample', async () => {
  const { sessionId, facts, errors, goOn } = await speakUntilFull({ mib: 10, fillerMib: 8, seconds: 30 });
  await goOn(2);
  const { total, wrong, silent } = await wrongFrames(sessionId);
  expect(total).toBeGreaterThanOrEqual(32 * RATE - BLOCK_FRAMES);
  expect({ wrong, silent, gaps: named(facts, 'gap') }).toEqual({ wrong: [], silent: 0, gaps: [] });
  // One refusal is one event, not one for each chunk.
  expect(errors()).toEqual(['storage_full']);
});

test('[QUOTA-10] beyond what memory holds the hole is a gap with its cause, to the sample, and the rest of the file is whole', async () => {
  // 96 kB a second: two mebibytes on the disk, four in memory, and what is beyond that.
  const { sessionId, facts, goOn } = await speakUntilFull({ mib: 16, fillerMib: 14, seconds: 75 });
  await goOn(3);
  const [gap, ...more] = named(facts, 'gap').map(({ event }) => event);
  expect(more).toEqual([]);
  expect(gap).toMatchObject({ cause: 'storage_full', speaker: 'user' });
  const lostFrames = Math.round((((gap?.endMs ?? 0) - (gap?.startMs ?? 0)) * RATE) / 1000);
  expect(lostFrames).toBeGreaterThan(RATE);
  const { total, wrong, silent } = await wrongFrames(sessionId);
  expect(total).toBeGreaterThanOrEqual(78 * RATE - BLOCK_FRAMES);
  expect({ wrong, silent }).toEqual({ wrong: [], silent: lostFrames });
  const [segment] = await listSegments(db, sessionId);
  expect(segment?.gaps).toEqual([{ cause: 'storage_full', start_ms: expect.any(Number), end_ms: expect.any(Number) }]);
  expect(segment!.gaps[0]!.end_ms - segment!.gaps[0]!.start_ms).toBeCloseTo((lostFrames / RATE) * 1000, 3);
});

test('[QUOTA-11] a turn that ends on a full disk is kept as soon as there is room, behind the next one', async () => {
  await openDisk(6);
  await fill('filler', 4, false);
  const { sessionId, pipeline, errors, speak, keyDown, keyUp } = await speaker();
  keyDown();
  await speak(22);
  keyUp();
  await speak(1);
  await expect.poll(errors, { timeout: 20_000 }).toContain('storage_full');
  expect(await listSegments(db, sessionId)).toEqual([]);
  await eraseSession(db, 'filler');
  keyDown();
  await speak(2);
  keyUp();
  await speak(1);
  await pipeline.stop('session_stop');
  const segments = await listSegments(db, sessionId);
  expect(segments.map(({ duration_ms, end_reason }) => [Math.round(duration_ms / 1000), end_reason])).toEqual([
    [22, 'manual'],
    [2, 'manual'],
  ]);
  expect(await wrongFrames(sessionId, 0)).toMatchObject({ wrong: [], silent: 0 });
});

test('[QUOTA-12] a session that ends on a full disk says so, and what was written is recovered whole up to there, as what was stopped', async () => {
  await openDisk(6);
  await fill('filler', 4, false);
  const { sessionId, pipeline, speak, keyDown } = await speaker();
  keyDown();
  await speak(30);
  await expect(pipeline.stop('session_stop')).rejects.toMatchObject({ code: 'storage_full' });
  await eraseSession(db, 'filler');
  expect(await recoverSessions(db, (error) => expect.unreachable(error.message))).toEqual([sessionId]);
  const { total, wrong, silent } = await wrongFrames(sessionId);
  expect({ wrong, silent }).toEqual({ wrong: [], silent: 0 });
  expect(total).toBeGreaterThan(10 * RATE);
  expect(await listSegments(db, sessionId)).toMatchObject([{ end_reason: 'session_stop' }]);
  expect(await readSession(db, sessionId)).toMatchObject({ state: 'recovered', end_reason: 'session_stop' });
});

test('[QUOTA-13] what the backend has gives way in the middle of a turn, the oldest first: nobody notices', async () => {
  await openDisk(8, 'drop-acknowledged');
  await fill('delivered', 3, true);
  await fill('waiting', 3, false);
  const { sessionId, pipeline, errors, speak, keyDown, keyUp } = await speaker();
  keyDown();
  await speak(22);
  keyUp();
  await speak(1);
  await pipeline.stop('session_stop');
  expect(errors()).toEqual([]);
  expect(await wrongFrames(sessionId)).toMatchObject({ wrong: [], silent: 0 });
  expect(dropped.length).toBeGreaterThan(0);
  expect(dropped.every(({ acknowledged }) => acknowledged)).toBe(true);
  expect(await listSegments(db, 'waiting')).toHaveLength(3);
});

test('[QUOTA-14] under drop-oldest ended sessions give way that the backend does not have, each told', async () => {
  await openDisk(8, 'drop-oldest');
  await fill('waiting', 6, false);
  const before = (await listSegments(db, 'waiting')).map(({ segment_id }) => segment_id);
  const { sessionId, pipeline, errors, speak, keyDown, keyUp } = await speaker();
  keyDown();
  await speak(22);
  keyUp();
  await speak(1);
  await pipeline.stop('session_stop');
  expect(errors()).toEqual([]);
  expect(await wrongFrames(sessionId)).toMatchObject({ wrong: [], silent: 0 });
  const left = (await listSegments(db, 'waiting')).map(({ segment_id }) => segment_id);
  const gone = before.filter((id) => !left.includes(id));
  expect(gone.length).toBeGreaterThan(0);
  expect(dropped.map(({ id }) => id).toSorted()).toEqual(gone.toSorted());
  expect(dropped.every(({ acknowledged }) => !acknowledged)).toBe(true);
});
