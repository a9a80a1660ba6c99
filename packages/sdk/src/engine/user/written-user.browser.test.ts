import { afterEach, beforeEach, expect, test } from 'vitest';
import { BLOCK_FRAMES } from '../../core/messages/audio-setup.ts';
import {
  type PlayerCommand,
  type PlayerEvent,
  type PlayerMessage,
  playerCommandTransferables,
  playerTransferables,
} from '../../core/messages/player-engine.ts';
import { typedPort } from '../../core/messages/ports.ts';
import { MS, RATE, STARTED_MS, named, scriptedPipeline, scriptedSettings } from '../../scripted/session.ts';
import { type TurntapeDatabase, openTurntapeDatabase } from '../../storage/database.ts';
import { listSegments, readAudio } from '../../storage/segments.ts';

let db: TurntapeDatabase;
beforeEach(async () => {
  db = await openTurntapeDatabase(`written-${crypto.randomUUID()}`);
});
afterEach(() => db.close());

/** A session whose user is written, and whose clock is a silent player. */
async function session() {
  const sessionId = crypto.randomUUID();
  const { pipeline, facts } = await scriptedPipeline(db, scriptedSettings(sessionId));
  const { port1, port2 } = new MessageChannel();
  const port = typedPort<PlayerCommand, PlayerMessage>(port1, playerCommandTransferables);
  pipeline.connectPlayer({ clockId: 1, clockRate: RATE, port });
  const player = typedPort<PlayerMessage, PlayerCommand>(port2, playerTransferables);
  let frame = 0;
  player.receive((command) => {
    if (command.type === 'stop') player.send({ type: 'stopped', endFrame: frame });
    if (command.type === 'cut') tell([{ kind: 'cut', frame, cutId: command.cutId, utterances: [] }], 0);
  });
  const newest = (): number => named(facts, 'level').at(-1)?.event.atMs ?? 0;
  /** Nothing is played. */
  const tell = (events: PlayerEvent[], frames = BLOCK_FRAMES): void =>
    player.send({ type: 'block', startFrame: frame, wallMs: STARTED_MS + frame / MS, frames, samples: null, events });
  /** The clock goes on. */
  const pass = async (ms: number): Promise<void> => {
    for (const end = frame + ms * MS; frame < end; frame += BLOCK_FRAMES) tell([]);
    await expect.poll(newest).toBeGreaterThan(frame / MS - 150);
  };
  /** The app writes so much of a tone, 20 ms at a time, and the clock with it. */
  const speak = async (ms: number, amplitude: number): Promise<void> => {
    for (let written = 0; written < ms; written += 20) {
      const tone = Float32Array.from({ length: 320 }, (_, n) => amplitude * Math.sin((2 * Math.PI * 440 * n) / 16_000));
      pipeline.say({ type: 'user-pcm', samples: tone, sampleRate: 16_000 });
      if (written % 200 === 180) await pass(200);
    }
  };
  return { sessionId, pipeline, facts, pass, speak };
}

test('[USER-5] what the app writes becomes turns and files as a microphone’s does', async () => {
  const { sessionId, pipeline, facts, pass, speak } = await session();
  await pass(500);
  await speak(1_000, 0);
  await speak(1_000, 0.5);
  await speak(2_000, 0);
  await pipeline.stop('session_stop');
  expect(named(facts, 'error')).toEqual([]);
  expect(named(facts, 'client_vad_start')).toHaveLength(1);
  const [segment, ...more] = await listSegments(db, sessionId);
  expect(more).toEqual([]);
  expect(segment).toMatchObject({ speaker: 'user', end_reason: 'speech_end', gaps: [], input_sample_rate: RATE });
  expect(segment?.duration_ms).toBeGreaterThan(1_700 - 80);
  expect(segment?.duration_ms).toBeLessThan(1_700 + 80);
  const audio = await readAudio(db, segment?.segment_id ?? '');
  expect(audio?.byteLength).toBe(44 + Math.round((segment?.duration_ms ?? 0) * MS) * 2);
});

test('[USER-5] a stream that stops in the middle of a word ends the turn, and what is missing is a gap in its file', async () => {
  const { sessionId, pipeline, facts, pass, speak } = await session();
  await pass(500);
  await speak(1_000, 0.5);
  await pass(3_000);
  await expect.poll(() => named(facts, 'turn-end').length).toBe(1);
  await speak(400, 0);
  await expect.poll(() => named(facts, 'gap').length).toBe(1);
  const [gap] = named(facts, 'gap').map(({ event }) => event);
  expect(gap).toMatchObject({ cause: 'stream_stalled', speaker: 'user' });
  expect((gap?.endMs ?? 0) - (gap?.startMs ?? 0)).toBeGreaterThan(2_900);
  await pipeline.stop('session_stop');
  const [segment] = await listSegments(db, sessionId);
  expect(segment?.gaps).toEqual([
    { start_ms: expect.any(Number), end_ms: expect.any(Number), cause: 'stream_stalled' },
  ]);
});

test('[USER-5] a muted user is written as silence', async () => {
  const { sessionId, pipeline, facts, pass, speak } = await session();
  await pass(500);
  await speak(600, 0);
  const { muted } = await pipeline.mute(true);
  expect(muted).toBe(true);
  await speak(1_000, 0.5);
  await pipeline.stop('session_stop');
  expect(named(facts, 'client_vad_start')).toEqual([]);
  expect(await listSegments(db, sessionId)).toEqual([]);
});
