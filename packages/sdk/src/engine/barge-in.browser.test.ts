import { afterEach, beforeEach, expect, test } from 'vitest';
import { PlaybackQueue } from '../audio-thread/playback-queue.ts';
import { BLOCK_FRAMES } from '../core/messages/audio-setup.ts';
import type { CaptureSetup, CutResult, EngineFact } from '../core/messages/page-engine.ts';
import {
  type PlayerCommand,
  type PlayerEvent,
  type PlayerMessage,
  playerCommandTransferables,
  playerTransferables,
} from '../core/messages/player-engine.ts';
import { typedPort } from '../core/messages/ports.ts';
import {
  type TapCommand,
  type TapMessage,
  tapCommandTransferables,
  tapTransferables,
} from '../core/messages/tap-engine.ts';
import type { BargeInSettings } from '../core/settings.ts';
import { type TurntapeDatabase, openTurntapeDatabase } from '../storage/database.ts';
import { listSegments, readAudio } from '../storage/segments.ts';
import { Pipeline } from './pipeline.ts';
import type { ProbabilityModel } from './vad/probability-model.ts';

/** The user cuts into the bot: the engine's rooms and the real player's queue, with a microphone that the test writes. */

const RATE = 48_000;
const CAPTURE: CaptureSetup = {
  clockId: 1,
  clockRate: RATE,
  settings: {},
  inputLatencyMs: 10,
  outputLatencyMs: 30,
};

/** Speech is what is loud. */
const LOUDNESS: ProbabilityModel = {
  name: 'energy',
  windowFrames: 512,
  probability: (window) => (Math.max(...window) > 0.1 ? 1 : 0),
  reset: () => undefined,
  release: () => undefined,
};

let db: TurntapeDatabase;
beforeEach(async () => {
  db = await openTurntapeDatabase(`barge-in-${crypto.randomUUID()}`);
});
afterEach(() => db.close());

/** What was posted before is taken on both sides of every channel. A timer would wait 4 ms each time. */
async function settle(): Promise<void> {
  for (let each = 0; each < 6; each += 1) {
    const { port1, port2 } = new MessageChannel();
    await new Promise((resolve) => {
      port2.addEventListener('message', resolve);
      port2.start();
      port1.postMessage(null);
    });
    port1.close();
  }
}

/** A conversation of which the test holds the clock: `pass` lets both tracks go on, one block after the other. */
async function conversation(bargeIn: Partial<BargeInSettings> = {}) {
  const sessionId = crypto.randomUUID();
  const facts: EngineFact[] = [];
  const encoder = { format: 'wav', sampleRate: RATE, bitrate: 32_000 } as const;
  const pipeline = new Pipeline({
    db,
    settings: {
      sessionId,
      metadata: {},
      consent: null,
      record: { user: true, bot: true },
      encoder: { user: encoder, bot: encoder },
      vad: {
        model: 'energy',
        positiveSpeechThreshold: 0.5,
        negativeSpeechThreshold: 0.35,
        minSpeechMs: 250,
        endSilenceMs: 800,
        echoThreshold: 1,
      },
      bargeIn: { mode: 'duck-then-cut', duckGain: 0.25, minBotMs: 0, cooldownMs: 0, ...bargeIn },
      turns: { mode: 'speech', preRollMs: 500, postRollMs: 200, botHangoverMs: 300, maxSegmentMs: 300_000 },
      redactLookbackMs: 0,
    },
    capture: CAPTURE,
    model: LOUDNESS,
    report: (fact) => facts.push(fact),
  });
  await pipeline.open();
  const ear = new MessageChannel();
  const mouth = new MessageChannel();
  const clock = { clockId: 1, clockRate: RATE };
  pipeline.connectPlayer({
    ...clock,
    port: typedPort<PlayerCommand, PlayerMessage>(mouth.port1, playerCommandTransferables),
  });
  const tapPort = typedPort<TapCommand, TapMessage>(ear.port1, tapCommandTransferables);
  pipeline.connectTap({ ...clock, speaker: 'user', boundaries: 'none', plays: false, port: tapPort });
  const tap = typedPort<TapMessage, TapCommand>(ear.port2, tapTransferables);
  const player = typedPort<PlayerMessage, PlayerCommand>(mouth.port2, playerTransferables);
  const queue = new PlaybackQueue({ quantumFrames: BLOCK_FRAMES, fadeFrames: 240 });
  const commands: PlayerCommand[] = [];
  let frame = 0;
  tap.receive(({ type }) => type === 'stop' && tap.send({ type: 'stopped', endFrame: frame }));
  player.receive((command) => {
    commands.push(command);
    if (command.type === 'begin') queue.begin(command.utteranceId);
    if (command.type === 'pcm') queue.pcm(command.utteranceId, command.samples);
    if (command.type === 'end') queue.end(command.utteranceId);
    if (command.type === 'gain') queue.gain(command.gain, Math.round((command.rampMs / 1000) * RATE));
    if (command.type === 'cut') queue.cut(command.cutId);
    if (command.type === 'stop') player.send({ type: 'stopped', endFrame: frame });
  });
  return {
    sessionId,
    pipeline,
    facts,
    /** The gains and cuts that the player was told, the reopening after a cut left out. */
    told: () =>
      commands.flatMap((command): (string | number)[] => {
        if (command.type === 'cut') return ['cut'];
        return command.type === 'gain' && command.rampMs > 0 ? [command.gain] : [];
      }),
    events: <Type extends EngineFact['type']>(type: Type) =>
      facts.filter((fact): fact is Extract<EngineFact, { type: Type }> => fact.type === type),
    /** The bot is given `ms` of a loud tone to say. */
    say: (ms: number): { utteranceId: string; turnId: string } => {
      const ids = { utteranceId: crypto.randomUUID(), turnId: crypto.randomUUID() };
      const samples = new Float32Array((ms / 1000) * RATE).fill(0.5);
      pipeline.say({ type: 'begin', ...ids });
      pipeline.say({ type: 'pcm', utteranceId: ids.utteranceId, samples, sampleRate: RATE });
      pipeline.say({ type: 'end', utteranceId: ids.utteranceId });
      return ids;
    },
    /** Time passes; the user is this loud. */
    pass: async (ms: number, amplitude = 0): Promise<void> => {
      for (const end = frame + (ms / 1000) * RATE; frame < end; frame += BLOCK_FRAMES) {
        const place = { type: 'block' as const, startFrame: frame, wallMs: 1_700_000_000_000 + (frame / RATE) * 1000 };
        const out = new Float32Array(BLOCK_FRAMES);
        const events: PlayerEvent[] = [];
        queue.render(out, frame, events);
        player.send({ ...place, frames: BLOCK_FRAMES, samples: out.some((each) => each !== 0) ? out : null, events });
        tap.send({ ...place, samples: new Float32Array(BLOCK_FRAMES).fill(amplitude) });
        await settle();
      }
    },
    /** In the order in which they were given, where these are said. */
    segments: async (said: readonly { turnId: string }[] = []) => {
      const place = ({ turn_id }: { turn_id: string }): number => said.findIndex(({ turnId }) => turnId === turn_id);
      return (await listSegments(db, sessionId)).toSorted((one, other) => place(one) - place(other));
    },
  };
}

test('[CUT-16] a click of 40 ms ducks and restores, and interrupts nothing', async () => {
  const { pipeline, say, pass, told, events, segments } = await conversation();
  await pass(100);
  say(3000);
  await pass(500);
  await pass(40, 0.8);
  await pass(3500);
  expect(told()).toEqual([0.25, 1]);
  await pipeline.stop('session_stop');
  expect(events('interruption')).toEqual([]);
  expect(events('client_vad_start')).toHaveLength(1);
  expect(events('client_vad_stop').map((fact) => fact.event.misfire)).toEqual([true]);
  expect(await segments()).toMatchObject([{ speaker: 'bot', interrupted: false, end_reason: 'drained' }]);
});

test('[CUT-16] speech ducks, then cuts; in mode `cut` it cuts at its onset', async () => {
  for (const [mode, told] of [
    ['duck-then-cut', [0.25, 'cut']],
    ['cut', ['cut']],
  ] as const) {
    const it = await conversation({ mode });
    await it.pass(100);
    it.say(3000);
    await it.pass(500);
    await it.pass(400, 0.8);
    await it.pass(1200);
    expect(it.told()).toEqual(told);
    await it.pipeline.stop('session_stop');
    const [interruption] = it.events('interruption');
    const [start] = it.events('client_vad_start');
    expect(interruption?.event).toMatchObject({ cause: 'client_vad' });
    const afterMs = ((interruption!.event.cutFrame - start!.event.decisionFrame) * 1000) / RATE;
    // Confirmed by seven windows of 32 ms, the first of which is the start; then a block, and the fade.
    expect(afterMs).toBeGreaterThan(mode === 'cut' ? 0 : 6 * 32);
    expect(afterMs).toBeLessThan((mode === 'cut' ? 0 : 6 * 32) + 32);
  }
});

test('[CUT-17] after a cut the next one waits for the cooldown, and the bot cannot be cut before `minBotMs`', async () => {
  const cooled = await conversation({ mode: 'cut', cooldownMs: 3000 });
  await cooled.pass(100);
  cooled.say(1000);
  await cooled.pass(300);
  await cooled.pass(300, 0.8);
  await cooled.pass(1000);
  cooled.say(4000);
  await cooled.pass(300);
  await cooled.pass(2500, 0.8);
  await cooled.pipeline.stop('session_stop');
  const [first, second] = cooled.events('interruption').map((fact) => fact.event.cutFrame);
  expect(second! - first!).toBeGreaterThanOrEqual(2.95 * RATE);
  expect(second! - first!).toBeLessThan(3.1 * RATE);

  const shielded = await conversation({ mode: 'cut', minBotMs: 1000 });
  await shielded.pass(100);
  shielded.say(3000);
  await shielded.pass(200);
  await shielded.pass(1500, 0.8);
  await shielded.pipeline.stop('session_stop');
  const [cut] = shielded.events('interruption');
  expect(cut?.event.renderedMs).toBeGreaterThanOrEqual(1000);
  expect(cut?.event.renderedMs).toBeLessThan(1040);
});

test('[CUT-18] by hand and by word of the server the bot is cut on the same way, and the cause says who', async () => {
  for (const cause of ['manual', 'server'] as const) {
    const { pipeline, say, pass, told, events, segments } = await conversation();
    await pass(100);
    const [playing, waiting] = [say(1000), say(500)];
    await pass(500);
    const cut: Promise<CutResult | undefined> = pipeline.interrupt(cause);
    await pass(100);
    expect(await cut).toMatchObject({ ...playing, generatedMs: 1000, renderedMs: expect.any(Number) });
    expect(told()).toEqual(['cut']);
    expect(events('interruption')).toMatchObject([{ event: { ...playing, cause } }]);
    await pipeline.stop('session_stop');
    const rows = await segments([playing, waiting]);
    expect(rows).toMatchObject([
      { turn_id: playing.turnId, interruption_cause: cause, end_reason: 'interrupted' },
      { turn_id: waiting.turnId, interruption_cause: cause, end_reason: 'interrupted', rendered_ms: 0, heard_ms: 0 },
    ]);
    expect(rows[0]?.rendered_ms).toBeCloseTo(rows[0]!.duration_ms, 3);
  }
});

test('[HEAR-16] the cut utterance and those behind it each say what was rendered, heard and generated', async () => {
  const { pipeline, say, pass, events, segments } = await conversation();
  await pass(100);
  const said = [say(300), say(1000), say(700), say(500)];
  await pass(800);
  await Promise.all([pipeline.interrupt('manual'), pass(100)]);
  await pipeline.stop('session_stop');

  expect(events('error')).toEqual([]);
  const rows = await segments(said);
  expect(rows.map((row) => row.utterance_ids)).toEqual(said.map(({ utteranceId }) => [utteranceId]));
  expect(rows.map((row) => row.interrupted)).toEqual([false, true, true, true]);
  expect(rows.map((row) => row.generated_ms)).toEqual([300, 1000, 700, 500]);
  expect(rows[1]?.heard_ms).toBeCloseTo(rows[1]!.rendered_ms! - 30, 6);
  for (const row of rows.slice(2)) {
    expect(row).toMatchObject({ rendered_ms: 0, heard_ms: 0, duration_ms: 0, byte_size: 0, sha256: '', part: 1 });
    expect(row).toMatchObject({ started_at: row.ended_at, start_frame: row.end_frame, gaps: [] });
    expect(await readAudio(db, row.segment_id)).toBeUndefined();
  }
  for (const [index, row] of rows.entries()) {
    const { rendered_ms, heard_ms, generated_ms, interrupted } = row;
    const facts = { rendered_ms, heard_ms, generated_ms, interrupted };
    expect(row.capture.utterances).toEqual([{ utterance_id: said[index]!.utteranceId, ...facts }]);
    const done = events('utterance-done').find((fact) => fact.utteranceId === said[index]!.utteranceId);
    expect(done?.result).toMatchObject({ interrupted, generatedMs: generated_ms, renderedMs: rendered_ms });
  }
  // All of them go to the backend, those without audio too.
  const items = await db.read(['outbox'], (tx) => tx.objectStore('outbox').getAll());
  expect(items.filter((item) => item.kind === 'segment')).toHaveLength(4);
});

test('[HEAR-16] what the end of the session finds waiting is kept without audio; what was given nothing is discarded', async () => {
  const { pipeline, say, pass, events, segments } = await conversation();
  await pass(100);
  const [playing, waiting] = [say(1000), say(500)];
  const empty = { utteranceId: crypto.randomUUID(), turnId: crypto.randomUUID() };
  pipeline.say({ type: 'begin', ...empty });
  await pass(300);
  const stopped = pipeline.stop('session_stop');
  await pass(50);
  await stopped;
  expect(await segments([playing, waiting])).toMatchObject([
    { turn_id: playing.turnId, interrupted: true, end_reason: 'session_stop', interruption_cause: null },
    { turn_id: waiting.turnId, interrupted: true, end_reason: 'session_stop', rendered_ms: 0, generated_ms: 500 },
  ]);
  expect(events('segment-discarded').map((fact) => fact.event)).toEqual([
    { turnId: empty.turnId, speaker: 'bot', reason: 'empty' },
  ]);
});
