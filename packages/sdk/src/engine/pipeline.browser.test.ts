import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { assembleFile } from '../codecs/assemble-file.ts';
import { readPacketChunk } from '../codecs/packet-chunk.ts';
import { pageLock } from '../core/locks.ts';
import { BLOCK_FRAMES } from '../core/messages/audio-setup.ts';
import { typedPort } from '../core/messages/ports.ts';
import {
  type TapCommand,
  type TapMessage,
  tapCommandTransferables,
  tapTransferables,
} from '../core/messages/tap-engine.ts';
import { TurntapeDatabase, openTurntapeDatabase } from '../storage/database.ts';
import { createOutbox } from '../storage/outbox.ts';
import { markPageExit } from '../storage/page-exits.ts';
import { listSegments, readAudio, readChunks, unfinishedSegments } from '../storage/segments.ts';
import { readSession } from '../storage/sessions.ts';
import { recoverSessions } from './keeping/recovery.ts';
import { RATE, STARTED_MS, named, scriptedPipeline, scriptedSettings } from '../scripted/session.ts';

/**
 * The engine's rooms together, in a real browser with its real database and encoder; the audio comes from a scripted
 * tap, faster than real time, and speech is what is loud.
 */

let db: TurntapeDatabase;
beforeEach(async () => {
  db = await openTurntapeDatabase(`pipeline-${crypto.randomUUID()}`);
});
afterEach(() => db.close());

/** A pipeline and a microphone whose samples the test writes. */
async function scripted(sessionId: string, format?: 'opus' | 'wav') {
  const { pipeline, facts } = await scriptedPipeline(db, scriptedSettings(sessionId, format ? { format } : {}));
  const { port1, port2 } = new MessageChannel();
  pipeline.connectTap({
    speaker: 'user',
    clockId: 1,
    clockRate: RATE,
    boundaries: 'none',
    plays: false,
    port: typedPort<TapCommand, TapMessage>(port1, tapCommandTransferables),
  });
  const tap = typedPort<TapMessage, TapCommand>(port2, tapTransferables);
  let frame = 0;
  let standstillMs = 0;
  tap.receive((command) => {
    if (command.type === 'stop') tap.send({ type: 'stopped', endFrame: frame });
  });
  return {
    pipeline,
    facts,
    /** Plays `ms` of a tone of this amplitude into the microphone. */
    hear: (ms: number, amplitude: number) => {
      for (const end = frame + (ms / 1000) * RATE; frame < end; frame += BLOCK_FRAMES) {
        const samples = Float32Array.from(
          { length: BLOCK_FRAMES },
          (_, i) => amplitude * Math.sin((2 * Math.PI * 440 * (frame + i)) / RATE),
        );
        tap.send({
          type: 'block',
          startFrame: frame,
          wallMs: STARTED_MS + standstillMs + (frame / RATE) * 1000,
          samples,
        });
      }
    },
    /** The audio context stands still. */
    freeze: (ms: number) => void (standstillMs += ms),
    /** Some blocks never arrive. */
    lose: (blocks: number) => void (frame += blocks * BLOCK_FRAMES),
  };
}

test.each(['wav', 'opus'] as const)(
  '[TURN-20] two turns become two %s files with pre-roll, post-roll and exact length',
  async (format) => {
    const sessionId = crypto.randomUUID();
    const { pipeline, facts, hear } = await scripted(sessionId, format);
    hear(2000, 0);
    hear(1000, 0.5);
    hear(2000, 0);
    hear(1000, 0.5);
    hear(2000, 0);
    await pipeline.stop('session_stop');

    expect(named(facts, 'error')).toEqual([]);
    const segments = await listSegments(db, sessionId);
    expect(segments.map((segment) => segment.end_reason)).toEqual(['speech_end', 'speech_end']);
    for (const segment of segments) {
      // 500 before, 1000 of speech, 200 after; the windows of the detector are 32 ms.
      expect(segment.duration_ms).toBeGreaterThan(1700 - 64);
      expect(segment.duration_ms).toBeLessThan(1700 + 64);
      expect(segment.speech_onset_ms).toBeCloseTo(500, 0);
      const audio = await readAudio(db, segment.segment_id);
      const decoded = await new OfflineAudioContext(1, 1, segment.sample_rate).decodeAudioData(audio!.slice(0));
      expect(decoded.length).toBe(Math.round((segment.duration_ms / 1000) * segment.sample_rate));
      expect(segment.end_frame - segment.start_frame).toBe(decoded.length);
    }
    expect(named(facts, 'segment-kept')).toHaveLength(2);
  },
);

test('[TURN-21] a click is a start and a stop, marked as a misfire, and leaves nothing behind', async () => {
  const sessionId = crypto.randomUUID();
  const { pipeline, facts, hear } = await scripted(sessionId);
  hear(1000, 0);
  hear(40, 0.8);
  hear(2000, 0);
  await pipeline.stop('session_stop');
  expect(named(facts, 'client_vad_start')).toHaveLength(1);
  expect(named(facts, 'client_vad_stop').map((fact) => fact.event.misfire)).toEqual([true]);
  expect(await listSegments(db, sessionId)).toEqual([]);
  expect(await unfinishedSegments(db, sessionId)).toEqual([]);
});

test('[TURN-22] a turn that is begun before the first block begins with it', async () => {
  const sessionId = crypto.randomUUID();
  const { pipeline, facts, hear } = await scripted(sessionId);
  const turnId = crypto.randomUUID();
  pipeline.say({ type: 'turn-start', speaker: 'user', turnId });
  hear(1024, 0.5);
  await expect.poll(() => named(facts, 'turn-start').length).toBe(1);
  await expect.poll(() => named(facts, 'level').length).toBeGreaterThan(18);
  pipeline.say({ type: 'turn-end', speaker: 'user' });
  await pipeline.stop('session_stop');
  expect(named(facts, 'error')).toEqual([]);
  const [segment] = await listSegments(db, sessionId);
  expect(segment).toMatchObject({ turn_id: turnId, end_reason: 'manual', speech_onset_ms: 0 });
  expect(segment?.duration_ms).toBeGreaterThan(900);
});

test('[KEEP-5] blocks that never came are a gap in the file, and nothing after them shifts', async () => {
  const sessionId = crypto.randomUUID();
  const { pipeline, facts, hear, lose } = await scripted(sessionId);
  hear(1000, 0);
  hear(640, 0.5);
  lose(9);
  hear(640, 0.5);
  hear(1500, 0);
  await pipeline.stop('session_stop');
  const [segment] = await listSegments(db, sessionId);
  const lostMs = (9 * BLOCK_FRAMES * 1000) / RATE;
  expect(segment?.gaps).toEqual([{ start_ms: expect.any(Number), end_ms: expect.any(Number), cause: 'blocks_lost' }]);
  const [gap] = segment?.gaps ?? [];
  expect(gap!.end_ms - gap!.start_ms).toBeCloseTo(lostMs, 3);
  expect(named(facts, 'gap')).toHaveLength(1);
  expect(segment?.duration_ms).toBeGreaterThan(500 + 640 + lostMs + 640 + 200 - 64);
});

test('[TIME-10] a suspended context shifts nothing after it: wall times are right and the gap is written down', async () => {
  const sessionId = crypto.randomUUID();
  const { pipeline, facts, hear, freeze } = await scripted(sessionId);
  hear(1024, 0);
  // The scripted tap is faster than real time: without the page's word it would look as if the wall clock had leapt.
  pipeline.note({ type: 'context', state: 'suspended' });
  freeze(3000);
  hear(1024, 0);
  hear(640, 0.5);
  hear(1500, 0);
  await pipeline.stop('session_stop');
  expect(named(facts, 'gap').map((fact) => fact.event)).toEqual([
    { startMs: 1024, endMs: expect.closeTo(4024, 0), cause: 'context_suspended', speaker: undefined },
  ]);
  const [segment] = await listSegments(db, sessionId);
  expect(segment?.clock_epoch).toBe(1);
  const onsetWall = Date.parse(segment!.started_at) + segment!.speech_onset_ms;
  expect(Math.abs(onsetWall - (STARTED_MS + 3000 + 2048))).toBeLessThan(40);
});

test('[KEEP-6] a turn that was never finished becomes a playable file from its chunks, once nobody holds its lock', async () => {
  const sessionId = crypto.randomUUID();
  const { pipeline, facts, hear } = await scripted(sessionId, 'opus');
  hear(1000, 0);
  hear(3000, 0.5);
  await expect.poll(async () => (await unfinishedSegments(db, sessionId)).length).toBe(1);
  await expect.poll(() => named(facts, 'level').length).toBeGreaterThan(75);
  // 500 of pre-roll and 3000 of speech were captured: at most 150 ms of it are in no chunk when the encoder has done its work.
  const keptMs = async (): Promise<number> => {
    const [unfinished] = await unfinishedSegments(db, sessionId);
    const chunks = await readChunks(db, unfinished?.draft.segment_id ?? '');
    return 20 * chunks.reduce((packets, chunk) => packets + readPacketChunk(chunk).packets.length, 0);
  };
  await expect.poll(keptMs).toBeGreaterThan(3500 - 150);
  // The tab dies here: the pipeline is never stopped.
  expect(await recoverSessions(db, (error) => expect.unreachable(error.message))).toEqual([sessionId]);
  const [segment] = await listSegments(db, sessionId);
  expect(segment?.end_reason).toBe('crash');
  // As much is in the file, less what the codec needs to begin.
  expect(segment?.duration_ms).toBeGreaterThan(3500 - 150 - 10);
  const audio = await readAudio(db, segment!.segment_id);
  const decoded = await new OfflineAudioContext(1, 1, 48_000).decodeAudioData(audio!.slice(0));
  expect(decoded.length).toBe(Math.round((segment!.duration_ms / 1000) * 48_000));
  await pipeline.stop('session_stop').catch(() => undefined);
});

test('[LOSS-20] what is missing of an open file is in its row at once, and in the file that a crash leaves', async () => {
  const sessionId = crypto.randomUUID();
  const { pipeline, hear, lose } = await scripted(sessionId);
  hear(1000, 0);
  hear(640, 0.5);
  lose(9);
  hear(3000, 0.5);
  await expect.poll(async () => (await unfinishedSegments(db, sessionId))[0]?.draft.gaps.length).toBe(1);
  await expect.poll(() => db.read(['chunks'], (tx) => tx.objectStore('chunks').count())).toBeGreaterThanOrEqual(40);
  await recoverSessions(db, (error) => expect.unreachable(error.message));
  const [segment] = await listSegments(db, sessionId);
  const [gap] = segment?.gaps ?? [];
  expect(gap?.cause).toBe('blocks_lost');
  expect(gap!.end_ms - gap!.start_ms).toBeCloseTo((9 * BLOCK_FRAMES * 1000) / RATE, 3);
  await pipeline.stop('session_stop').catch(() => undefined);
});

test('[KEEP-7] a live session is never recovered', async () => {
  const sessionId = crypto.randomUUID();
  const { pipeline } = await scripted(sessionId);
  const { holdSessionLock } = await import('./keeping/session-lock.ts');
  const release = await holdSessionLock(sessionId);
  expect(await recoverSessions(db, () => expect.unreachable())).toEqual([]);
  release?.();
  await pipeline.stop('session_stop');
});

test('[LOSS-15] a session that its page keeps is recovered by nobody while its engine is away', async () => {
  const sessionId = crypto.randomUUID();
  const { pipeline } = await scripted(sessionId);
  const { promise: kept, resolve: letGo } = Promise.withResolvers<void>();
  const page = navigator.locks.request(pageLock(sessionId), () => kept);
  expect(await recoverSessions(db, () => expect.unreachable())).toEqual([]);
  letGo();
  await page;
  expect(await recoverSessions(db, () => expect.unreachable())).toEqual([sessionId]);
  await pipeline.stop('session_stop').catch(() => undefined);
});

test.each(['wav', 'opus'] as const)(
  '[EXIT-3] what is encoded of an open %s file goes into the database when the page may go, with what is known by then',
  async (format) => {
    const sessionId = crypto.randomUUID();
    const { pipeline, facts, hear } = await scripted(sessionId, format);
    const turnId = crypto.randomUUID();
    pipeline.say({ type: 'turn-start', speaker: 'user', turnId });
    // Less than two chunks.
    hear(112, 0.5);
    await expect.poll(() => named(facts, 'turn-start').length).toBe(1);
    await expect.poll(() => pipeline.stats().lengthMs).toBeGreaterThan(110);
    pipeline.say({ type: 'bind', turnId, externalId: 'item_7' });
    const kept = async (): Promise<number> => {
      await pipeline.keepNow();
      const [unfinished] = await unfinishedSegments(db, sessionId);
      const chunks = await readChunks(db, unfinished?.draft.segment_id ?? '');
      return (assembleFile({ format, sampleRate: RATE, chunks }).samples / RATE) * 1000;
    };
    // All that is whole: of Opus packets of 20 ms, less the encoder's own delay.
    await expect.poll(kept).toBeGreaterThan(format === 'wav' ? 111 : 90);
    const [unfinished] = await unfinishedSegments(db, sessionId);
    expect(unfinished?.draft).toMatchObject({ external_id: 'item_7', turn_id: turnId });
    hear(1000, 0.5);
    pipeline.say({ type: 'turn-end', speaker: 'user' });
    await pipeline.stop('session_stop');
    expect(named(facts, 'error')).toEqual([]);
    const [segment] = await listSegments(db, sessionId);
    const audio = await readAudio(db, segment!.segment_id);
    const decoded = await new OfflineAudioContext(1, 1, RATE).decodeAudioData(audio!.slice(0));
    expect(decoded.length).toBe(segment!.end_frame - segment!.start_frame);
    expect(segment!.external_id).toBe('item_7');
  },
);

test('[EXIT-2] [CRASH-4] a session whose page was left is finished as such; a recovery that dies on the way is done again, and right', async () => {
  const sessionId = crypto.randomUUID();
  const { pipeline, hear } = await scripted(sessionId);
  pipeline.say({ type: 'turn-start', speaker: 'user', turnId: crypto.randomUUID() });
  hear(500, 0.5);
  await expect.poll(() => pipeline.stats().lengthMs).toBeGreaterThan(480);
  pipeline.say({ type: 'turn-end', speaker: 'user' });
  hear(100, 0.5);
  await expect.poll(async () => (await listSegments(db, sessionId)).length).toBe(1);
  pipeline.say({ type: 'turn-start', speaker: 'user', turnId: crypto.randomUUID() });
  hear(500, 0.5);
  await expect.poll(async () => (await unfinishedSegments(db, sessionId)).length).toBe(1);
  await pipeline.keepNow();
  const leftAt = Date.now() + 60_000;
  await markPageExit(db, sessionId, leftAt);

  // It dies when the turn is a file and before the session is finished.
  const write = vi.spyOn(db, 'write');
  write.mockImplementation((stores, durability, work) => {
    if ((stores as string[]).includes('page_exits')) throw new Error('dead');
    return TurntapeDatabase.prototype.write.call(db, stores, durability, work as never) as never;
  });
  await recoverSessions(db, () => undefined);
  write.mockRestore();
  expect((await readSession(db, sessionId))?.state).toBe('active');
  const [, halfway] = await listSegments(db, sessionId);
  expect(halfway?.end_reason).toBe('page_exit');

  expect(await recoverSessions(db, (error) => expect.unreachable(error.message))).toEqual([sessionId]);
  expect((await listSegments(db, sessionId)).map((row) => row.end_reason)).toEqual(['manual', 'page_exit']);
  expect((await listSegments(db, sessionId))[1]?.sha256).toBe(halfway?.sha256);
  expect(await readSession(db, sessionId)).toMatchObject({
    state: 'recovered',
    end_reason: 'page_exit',
    ended_at: new Date(leftAt).toISOString(),
  });
  const items = await createOutbox(db).items();
  expect(items.filter(({ kind }) => kind === 'segment')).toHaveLength(2);
  await pipeline.stop('session_stop').catch(() => undefined);
});

test('[CRASH-2] a turn that is begun before its track has the frames that are said of it, silence first', async () => {
  const sessionId = crypto.randomUUID();
  const { pipeline, facts, hear, lose } = await scripted(sessionId);
  const { port1, port2 } = new MessageChannel();
  pipeline.connectTap({
    speaker: 'bot',
    clockId: 1,
    clockRate: RATE,
    boundaries: 'manual',
    plays: false,
    port: typedPort<TapCommand, TapMessage>(port1, tapCommandTransferables),
  });
  pipeline.say({ type: 'turn-start', speaker: 'user', turnId: crypto.randomUUID() });
  // The bot's track begins, and with it the time.
  const bot = typedPort<TapMessage, TapCommand>(port2, tapTransferables);
  bot.receive((command) => command.type === 'stop' && bot.send({ type: 'stopped', endFrame: BLOCK_FRAMES }));
  bot.send({ type: 'block', startFrame: 0, wallMs: STARTED_MS, samples: new Float32Array(BLOCK_FRAMES) });
  await expect.poll(() => named(facts, 'turn-start').length).toBe(1);
  lose(5);
  hear(1000, 0.5);
  await expect.poll(() => pipeline.stats().lengthMs).toBeGreaterThan(1000);
  await pipeline.stop('session_stop');
  const [segment] = await listSegments(db, sessionId);
  const audio = await readAudio(db, segment!.segment_id);
  const decoded = await new OfflineAudioContext(1, 1, RATE).decodeAudioData(audio!.slice(0));
  expect(segment!.end_frame - segment!.start_frame).toBe(decoded.length);
  const first = decoded.getChannelData(0).findIndex((sample) => sample !== 0);
  expect(Math.abs(segment!.start_frame + first - 5 * BLOCK_FRAMES)).toBeLessThan(3);
});
