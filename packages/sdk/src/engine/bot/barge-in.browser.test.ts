import { afterEach, beforeEach, expect, test } from 'vitest';
import type { CutResult } from '../../core/messages/page-engine.ts';
import { BLOCK_FRAMES } from '../../core/messages/audio-setup.ts';
import { DECLICK_MS } from '../../core/messages/player-engine.ts';
import { typedPort } from '../../core/messages/ports.ts';
import {
  type TapCommand,
  type TapMessage,
  tapCommandTransferables,
  tapTransferables,
} from '../../core/messages/tap-engine.ts';
import type { BargeInSettings } from '../../core/settings.ts';
import { type TurntapeDatabase, openTurntapeDatabase } from '../../storage/database.ts';
import { readAudio } from '../../storage/segments.ts';
import { FADE_FRAMES, RATE, STARTED_MS, scriptedConversation } from '../../scripted/session.ts';

/** The user cuts into the bot: the engine's rooms and the real player's queue, with a microphone that the test writes. */

let db: TurntapeDatabase;
beforeEach(async () => {
  db = await openTurntapeDatabase(`barge-in-${crypto.randomUUID()}`);
});
afterEach(() => db.close());

const conversation = (bargeIn: Partial<BargeInSettings> = {}) => scriptedConversation(db, { bargeIn });

test('[CUT-16] a click of 40 ms ducks and restores, and interrupts nothing', async () => {
  const { stop, say, pass, told, events, segments } = await conversation();
  await pass(100);
  say(3000);
  await pass(500);
  await pass(40, 0.8);
  await pass(3500);
  expect(told()).toEqual([0.25, 1]);
  await stop();
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
    await it.stop();
    const [interruption] = it.events('interruption');
    const [start] = it.events('client_vad_start');
    expect(interruption?.event).toMatchObject({ cause: 'client_vad' });
    const afterMs = ((interruption!.event.cutFrame - start!.event.decisionFrame) * 1000) / RATE;
    // Confirmed by seven windows of 32 ms, the first of which is the start; then a block, and the fade.
    expect(afterMs).toBeGreaterThan(mode === 'cut' ? 0 : 6 * 32);
    expect(afterMs).toBeLessThan((mode === 'cut' ? 0 : 6 * 32) + 32);
  }
});

test('[CUT-20] while the bot speaks and may be cut, the microphone’s blocks end with each burst, and when they are full while it is quiet', async () => {
  for (const [mode, blocks] of [
    ['cut', ['burst', 'full', 'burst']],
    ['off', []],
  ] as const) {
    const it = await conversation({ mode });
    await it.pass(100);
    it.say(500);
    await it.pass(1000);
    it.say(500);
    await it.pass(200);
    expect(it.blocks).toEqual(blocks);
    await it.stop();
  }
});

test('[CUT-21] the engine says from which frame on it knew: the bot is silent a fade and a block after that', async () => {
  const it = await conversation({ mode: 'cut' });
  await it.pass(100);
  it.say(3000);
  await it.pass(500);
  await it.pass(400, 0.8);
  await it.stop();
  const { decisionFrame, knownFrame } = it.events('client_vad_start')[0]!.event;
  // The window ends within a block, or the resampler needed the next one.
  expect(knownFrame - decisionFrame).toBeGreaterThanOrEqual(0);
  expect(knownFrame - decisionFrame).toBeLessThan(BLOCK_FRAMES + 0.0015 * RATE);
  const { cutFrame } = it.events('interruption')[0]!.event;
  // This player learned of it with its next block, since the one that was heard had been rendered.
  expect(cutFrame - knownFrame).toBeGreaterThanOrEqual(FADE_FRAMES);
  expect(cutFrame - knownFrame).toBeLessThanOrEqual(FADE_FRAMES + BLOCK_FRAMES);
});

test('[CUT-22] a bot that is quiet is not cut, its turn still open; what it says next is cut like any other', async () => {
  const it = await conversation({ mode: 'cut' });
  await it.pass(100);
  const { turnId } = it.say(500);
  await it.pass(650);
  expect(it.events('turn-end')).toEqual([]);
  await it.pass(60, 0.8);
  expect(it.told()).toEqual([]);
  await it.pass(1500);
  expect(it.events('turn-end').map(({ event }) => event.turn)).toMatchObject([
    { speaker: 'bot', turnId, interrupted: false, endReason: 'drained' },
  ]);
  it.say(1000);
  await it.pass(300);
  await it.pass(100, 0.8);
  expect(it.told()).toEqual(['cut']);
  await it.stop();
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
  await cooled.stop();
  const [first, second] = cooled.events('interruption').map((fact) => fact.event.cutFrame);
  expect(second! - first!).toBeGreaterThanOrEqual(2.95 * RATE);
  expect(second! - first!).toBeLessThan(3.1 * RATE);

  const shielded = await conversation({ mode: 'cut', minBotMs: 1000 });
  await shielded.pass(100);
  shielded.say(3000);
  await shielded.pass(200);
  await shielded.pass(1500, 0.8);
  await shielded.stop();
  const [cut] = shielded.events('interruption');
  expect(cut?.event.renderedMs).toBeGreaterThanOrEqual(1000);
  expect(cut?.event.renderedMs).toBeLessThan(1040);
});

test('[CUT-18] by hand and by word of the server the bot is cut on the same way, and the cause says who', async () => {
  for (const cause of ['manual', 'server'] as const) {
    const { pipeline, stop, say, pass, told, events, segments } = await conversation();
    await pass(100);
    const [playing, waiting] = [say(1000), say(500)];
    await pass(500);
    const cut: Promise<CutResult | undefined> = pipeline.interrupt(cause);
    await pass(100);
    expect(await cut).toMatchObject({ ...playing, generatedMs: 1000, renderedMs: expect.any(Number) });
    expect(told()).toEqual(['cut']);
    expect(events('interruption')).toMatchObject([{ event: { ...playing, cause } }]);
    await stop();
    const rows = await segments([playing, waiting]);
    expect(rows).toMatchObject([
      { turn_id: playing.turnId, interruption_cause: cause, end_reason: 'interrupted' },
      { turn_id: waiting.turnId, interruption_cause: cause, end_reason: 'interrupted', rendered_ms: 0, heard_ms: 0 },
    ]);
    expect(rows[0]?.rendered_ms).toBeCloseTo(rows[0]!.duration_ms, 3);
  }
});

test('[CUT-23] [CUT-24] an interruption and its segment say how long the silence took from the decision, by voice and by hand', async () => {
  const byVoice = await conversation({ mode: 'cut' });
  await byVoice.pass(100);
  byVoice.say(3000);
  await byVoice.pass(500);
  await byVoice.pass(400, 0.8);
  await byVoice.stop();
  const cut = byVoice.events('interruption')[0]!.event;
  const { decisionFrame } = byVoice.events('client_vad_start')[0]!.event;
  expect(cut.cutLatencyMs).toBeCloseTo(((cut.cutFrame - decisionFrame) / RATE) * 1000, 6);
  expect(await byVoice.segments()).toMatchObject([
    { speaker: 'user', capture: {} },
    { speaker: 'bot', capture: { cut_latency_ms: cut.cutLatencyMs, encoder: { declick_ms: DECLICK_MS } } },
  ]);
  expect(DECLICK_MS).toBeLessThanOrEqual(5);

  const byHand = await conversation({ mode: 'cut' });
  await byHand.pass(100);
  const said = byHand.say(3000);
  await byHand.pass(500);
  const askedMs = STARTED_MS + 590;
  const [result] = await Promise.all([byHand.pipeline.interrupt('manual', askedMs), byHand.pass(100)]);
  const { cutFrame, cutLatencyMs } = byHand.events('interruption')[0]!.event;
  expect(cutLatencyMs).toBeCloseTo((cutFrame / RATE) * 1000 - 590, 0);
  expect(result).toMatchObject({ ...said, cutLatencyMs });
  await byHand.stop();
});

test('[CUT-23] of a stream that somebody else plays nobody knows when it fell silent', async () => {
  const { pipeline, stop, events, pass } = await conversation({ mode: 'cut' });
  await pass(100);
  const { port1, port2 } = new MessageChannel();
  const port = typedPort<TapCommand, TapMessage>(port1, tapCommandTransferables);
  const stream = { speaker: 'bot', boundaries: 'manual', plays: false } as const;
  pipeline.connectTap({ ...stream, clockId: 1, clockRate: RATE, port });
  const tap = typedPort<TapMessage, TapCommand>(port2, tapTransferables);
  tap.receive((command) => command.type === 'stop' && tap.send({ type: 'stopped', endFrame: 0 }));
  const turnId = crypto.randomUUID();
  pipeline.say({ type: 'turn-start', speaker: 'bot', turnId });
  await pass(300);
  expect(await pipeline.interrupt('manual')).toMatchObject({ turnId, cutLatencyMs: null });
  expect(events('interruption')[0]?.event.cutLatencyMs).toBeNull();
  await stop();
});

test('[HEAR-26] a bot turn says how long after the user’s speech it was heard; one that answers nobody does not', async () => {
  const { stop, say, pass, events, segments } = await conversation();
  await pass(100);
  const first = say(300);
  await pass(1000);
  await pass(600, 0.8);
  await pass(1500);
  const answer = say(300);
  await pass(1000);
  const again = say(300);
  await pass(1000);
  await stop();
  const turns = new Map(events('turn-end').map(({ event }) => [event.turn.turnId, event.turn]));
  const user = [...turns.values()].find(({ speaker }) => speaker === 'user')!;
  const rows = (await segments([first, answer, again])).filter(({ speaker }) => speaker === 'bot');
  const after = turns.get(answer.turnId)!.startMs - user.endMs!;
  expect(after).toBeGreaterThan(1000);
  // The loudspeaker of these tests is 30 ms away.
  expect(rows.map((row) => row.response_latency_ms)).toEqual([null, expect.closeTo(after + 30, 6), null]);
});

test('[HEAR-16] the cut utterance and those behind it each say what was rendered, heard and generated', async () => {
  const { pipeline, stop, say, pass, events, segments } = await conversation();
  await pass(100);
  const said = [say(300), say(1000), say(700), say(500)];
  await pass(800);
  await Promise.all([pipeline.interrupt('manual'), pass(100)]);
  await stop();

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
  const { pipeline, stop, say, pass, events, segments } = await conversation();
  await pass(100);
  const [playing, waiting] = [say(1000), say(500)];
  const empty = { utteranceId: crypto.randomUUID(), turnId: crypto.randomUUID() };
  pipeline.say({ type: 'begin', ...empty });
  await pass(300);
  await stop();
  expect(await segments([playing, waiting])).toMatchObject([
    { turn_id: playing.turnId, interrupted: true, end_reason: 'session_stop', interruption_cause: null },
    { turn_id: waiting.turnId, interrupted: true, end_reason: 'session_stop', rendered_ms: 0, generated_ms: 500 },
  ]);
  expect(events('segment-discarded').map((fact) => fact.event)).toEqual([
    { turnId: empty.turnId, speaker: 'bot', reason: 'empty' },
  ]);
});

test('[LOSS-21] a player that no longer answers holds up neither a cut by hand nor the end of the session', async () => {
  const { pipeline, say, pass, events } = await conversation();
  await pass(100);
  const { turnId } = say(1000);
  await pass(300);
  // From here on its clock stands still.
  const [cut] = await Promise.all([pipeline.interrupt('manual'), pipeline.stop('session_stop')]);
  expect(cut).toBeUndefined();
  expect(events('turn-end').map(({ event }) => event.turn)).toMatchObject([{ turnId, endReason: 'session_stop' }]);
});
