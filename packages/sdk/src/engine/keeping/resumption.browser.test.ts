import { afterEach, beforeEach, expect, test } from 'vitest';
import { BLOCK_FRAMES } from '../../core/messages/audio-setup.ts';
import type { PlayerCommand, PlayerMessage } from '../../core/messages/player-engine.ts';
import { type TypedPort, typedPort } from '../../core/messages/ports.ts';
import type { TapCommand, TapMessage } from '../../core/messages/tap-engine.ts';
import type { Turn } from '../../core/turn.ts';
import {
  MS,
  RATE,
  STARTED_MS,
  loudness,
  named,
  scriptedPipeline,
  scriptedSettings,
  settle,
} from '../../scripted/session.ts';
import { type TurntapeDatabase, openTurntapeDatabase } from '../../storage/database.ts';
import { listSegments } from '../../storage/segments.ts';
import { Pipeline } from '../pipeline.ts';
import { recoverPast } from './session-past.ts';

let db: TurntapeDatabase;
beforeEach(async () => {
  db = await openTurntapeDatabase(`resumption-${crypto.randomUUID()}`);
});
afterEach(() => db.close());

const nobody = (): void => undefined;

/** A microphone that the test speaks into. It outlives the engine that hears it. */
function microphone() {
  let frame = 0;
  let hears: (message: TapMessage) => void = nobody;
  const port: TypedPort<TapCommand, TapMessage> = {
    receive: (receiver) => (hears = receiver),
    close: () => undefined,
    send: (command) => void (command.type === 'stop' && hears({ type: 'stopped', endFrame: frame })),
  };
  const source = { clockId: 1, clockRate: RATE, speaker: 'user', boundaries: 'none', plays: false, port } as const;
  const speak = (ms: number): void => {
    for (const end = frame + ms * MS; frame < end; frame += BLOCK_FRAMES) {
      const samples = new Float32Array(BLOCK_FRAMES).fill(0.5);
      hears({ type: 'block', startFrame: frame, wallMs: STARTED_MS + frame / MS, samples });
    }
  };
  return { source, speak };
}

test('[DEAF-4] an engine that takes over knows what the user hears of the bot, and says it to what sounds under it', async () => {
  const sessionId = crypto.randomUUID();
  const settings = scriptedSettings(sessionId);
  const first = await scriptedPipeline(db, settings);
  const { source, speak } = microphone();
  first.pipeline.connectTap(source);
  speak(640);
  await first.pipeline.keepNow();
  const deafen = { deafened: true, epoch: 0, frame: 320 * MS, atMs: 320 };
  const nothing = { turns: [], marked: [], speaking: undefined, utterances: [], bound: [], gaps: [], mute: undefined };
  const memory = { ...nothing, deafen, volume: 0.25 };
  const past = await recoverPast({ db, sessionId, memory, onKept: () => undefined });
  if (!past) throw new Error('Nothing is left of the session.');
  const { pipeline, facts } = await scriptedPipeline(db, settings, loudness(0.05), undefined, { past, memory });
  const commands: unknown[] = [];
  const { port1, port2 } = new MessageChannel();
  typedPort<never, PlayerCommand>(port2, () => []).receive((command) => commands.push(command));
  const port = typedPort<PlayerCommand, PlayerMessage>(port1, () => []);
  pipeline.connectPlayer({ clockId: 1, clockRate: RATE, port });
  await settle();
  expect(commands).toEqual([
    { type: 'deafen', deafenId: 0, deafened: true },
    { type: 'volume', volume: 0.25 },
  ]);
  // It is so already: nobody is told again.
  expect(await pipeline.deafen(true)).toEqual(deafen);
  expect(named(facts, 'deafen')).toEqual([]);
});

test('[LOSS-13] a key that is down while the engine is replaced: the turn goes on as its next part, on the next frame', async () => {
  const sessionId = crypto.randomUUID();
  const settings = scriptedSettings(sessionId, { vad: null, turns: { preRollMs: 0 } });
  const { source, speak } = microphone();
  const first = await scriptedPipeline(db, settings);
  first.pipeline.connectTap(source);
  speak(640);
  const turnId = crypto.randomUUID();
  first.pipeline.say({ type: 'turn-start', speaker: 'user', turnId });
  speak(1280);
  await first.pipeline.keepNow();
  const turn = named(first.facts, 'turn-start')[0]?.event.turn as Turn;

  // The engine is gone. The page remembers the key.
  const nothing = {
    speaking: undefined,
    utterances: [],
    bound: [],
    gaps: [],
    mute: undefined,
    deafen: undefined,
    volume: 1,
  };
  const memory = { ...nothing, turns: [turn], marked: [{ speaker: 'user', turnId }] } as const;
  const past = await recoverPast({ db, sessionId, memory, onKept: () => undefined });
  if (!past) throw new Error('Nothing is left of the session.');
  const capture = { clockId: 1, clockRate: RATE, settings: {}, inputLatencyMs: 0, outputLatencyMs: 0 };
  const options = { db, settings, capture, model: loudness(0.05), report: () => undefined };
  const second = new Pipeline({ ...options, past: { past, memory } });
  await second.goOn();
  second.connectTap(source);
  speak(1280);
  second.say({ type: 'turn-end', speaker: 'user' });
  speak(640);
  await second.stop('session_stop');

  const segments = (await listSegments(db, sessionId)).toSorted((one, other) => one.part - other.part);
  expect(segments.map(({ part, end_reason }) => [part, end_reason])).toEqual([
    [1, 'crash'],
    [2, 'manual'],
  ]);
  expect(new Set(segments.map((segment) => segment.turn_id))).toEqual(new Set([turnId]));
  const [before, after] = segments;
  if (!before || !after) throw new Error('There are not two parts.');
  expect(after.start_frame).toBe(before.start_frame + before.duration_ms * MS);
});
