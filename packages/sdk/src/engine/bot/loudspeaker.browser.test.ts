import { afterEach, beforeEach, expect, test } from 'vitest';
import { BLOCK_FRAMES } from '../../core/messages/audio-setup.ts';
import { typedPort } from '../../core/messages/ports.ts';
import {
  type TapCommand,
  type TapMessage,
  tapCommandTransferables,
  tapTransferables,
} from '../../core/messages/tap-engine.ts';
import { type TurntapeDatabase, openTurntapeDatabase } from '../../storage/database.ts';
import type { KeptSegmentRow } from '../../storage/rows.ts';
import { readAudio } from '../../storage/segments.ts';
import { recoverSessions } from '../keeping/recovery.ts';
import {
  FADE_FRAMES,
  MS,
  RATE,
  STARTED_MS,
  type SettingsChange,
  scriptedConversation,
  settle,
} from '../../scripted/session.ts';

/** A user who hears nothing of the bot for a while, or hears it softly: the engine's rooms and the real player's queue. */

let db: TurntapeDatabase;
beforeEach(async () => {
  db = await openTurntapeDatabase(`loudspeaker-${crypto.randomUUID()}`);
});
afterEach(() => db.close());

/** Of the output, in `scripted/session.ts`. */
const LATENCY_MS = 30;

/** Milliseconds that were reckoned in another order. */
const near = (ms: number): number => expect.closeTo(ms, 6);

async function conversation(change: SettingsChange = {}) {
  const it = await scriptedConversation(db, change);
  /** Settles with the place from which it holds. */
  const deafen = async (deafened: boolean) => {
    const asked = it.pipeline.deafen(deafened);
    await it.pass(20);
    return asked;
  };
  return { ...it, deafen };
}

async function pcmOf({ segment_id }: KeptSegmentRow): Promise<Int16Array> {
  return new Int16Array((await readAudio(db, segment_id))!.slice(44));
}

test('[DEAF-2] [DEAF-3] the bot speaks on unheard: silence in its file with a mark and no gap, one turn, drained in its time', async () => {
  const it = await conversation();
  await it.pass(100);
  const { utteranceId } = it.say(1000);
  await it.pass(300);
  const deaf = await it.deafen(true);
  await it.pass(400);
  const heard = await it.deafen(false);
  await it.pass(1000);
  await it.stop();

  expect([deaf, heard]).toMatchObject([
    { deafened: true, epoch: 0, atMs: near(deaf.frame / MS) },
    { deafened: false, epoch: 0, atMs: near(heard.frame / MS) },
  ]);
  expect(it.events('deafen').map(({ event }) => event)).toEqual([deaf, heard]);
  expect(it.events('gap')).toEqual([]);
  expect(it.events('turn-end').map(({ event }) => event.turn)).toMatchObject([{ endReason: 'drained' }]);
  const [segment, ...more] = await it.segments();
  expect(more).toEqual([]);
  const unheardMs = heard.atMs - deaf.atMs;
  expect(unheardMs).toBeGreaterThan(400);
  const facts = { rendered_ms: 1000, heard_ms: near(1000 - unheardMs), generated_ms: 1000 };
  expect(segment).toMatchObject({ ...facts, duration_ms: 1000, interrupted: false, gaps: [] });
  expect(segment?.capture.utterances).toEqual([
    {
      utterance_id: utteranceId,
      rendered_ms: 1000,
      heard_ms: near(1000 - unheardMs),
      generated_ms: 1000,
      interrupted: false,
    },
  ]);
  const [from, to] = [deaf.frame, heard.frame].map((frame) => frame - segment!.start_frame) as [number, number];
  expect(segment?.marks).toEqual([{ start_ms: near(from / MS), end_ms: near(to / MS), kind: 'deafened' }]);
  const pcm = await pcmOf(segment!);
  expect([pcm.indexOf(0), pcm.lastIndexOf(0)]).toEqual([from, to - 1]);
  expect(pcm.filter((sample) => sample === 0)).toHaveLength(to - from);
  // As loud as ever but for the two fades: the last frame of the second is whole again.
  expect(pcm.filter((sample) => sample === pcm[0])).toHaveLength(1000 * MS - (to - from) - 2 * FADE_FRAMES + 1);
});

test('[DEAF-3] what lay in it wholly was heard for 0 ms and is not cut; an answer begins where it is heard', async () => {
  const it = await conversation();
  await it.pass(400);
  await it.pass(600, 0.8);
  await it.pass(1200);
  await it.deafen(true);
  const unheard = it.say(300);
  await it.pass(1000);
  await it.pass(600, 0.8);
  await it.pass(1200);
  const late = it.say(600);
  await it.pass(300);
  const heard = await it.deafen(false);
  await it.pass(1000);
  await it.stop();
  const ends = it.events('turn-end').map(({ event }) => event.turn);
  const [never, partly] = (await it.segments([unheard, late])).filter(({ speaker }) => speaker === 'bot');
  expect(never).toMatchObject({ rendered_ms: 300, heard_ms: 0, generated_ms: 300, interrupted: false });
  expect(never).toMatchObject({ end_reason: 'drained', response_latency_ms: null });
  expect(never?.marks).toEqual([{ start_ms: 0, end_ms: 300, kind: 'deafened' }]);
  const asked = ends.filter(({ speaker }) => speaker === 'user').at(-1)!;
  expect(partly?.response_latency_ms).toBeCloseTo(heard.atMs - asked.endMs! + LATENCY_MS, 6);
  const begun = partly!.start_frame / MS;
  expect(partly).toMatchObject({ rendered_ms: 600, heard_ms: near(begun + 600 - heard.atMs) });
});

test('[DEAF-3] of what was on its way to the ear when the bot was cut, that which nobody was to hear is not taken twice', async () => {
  // Cut while deaf; and when only a part of the last 30 ms could have been heard.
  for (const heardAgain of [false, true]) {
    const it = await conversation();
    await it.pass(100);
    it.say(3000);
    await it.pass(500);
    const deaf = await it.deafen(true);
    await it.pass(300);
    const end = heardAgain ? it.deafen(false) : undefined;
    if (!end) await it.pass(20);
    await end;
    const [cut] = await Promise.all([it.pipeline.interrupt('manual'), it.pass(100)]);
    await it.stop();
    const [segment] = await it.segments();
    const begun = segment!.start_frame / MS;
    const cutAt = it.events('interruption')[0]!.event.cutFrame / MS;
    const heardAgainAt = it.events('deafen')[1]?.event.atMs ?? cutAt;
    const arrived = Math.max(0, cutAt - LATENCY_MS - heardAgainAt);
    const heardMs = near(deaf.atMs - begun + arrived);
    expect(arrived > 0).toBe(heardAgain && cutAt - heardAgainAt > LATENCY_MS);
    expect(cut).toMatchObject({ renderedMs: near(cutAt - begun), heardMs });
    expect(segment).toMatchObject({ interrupted: true, heard_ms: heardMs });
    expect(segment?.capture.utterances?.[0]).toMatchObject({ heard_ms: heardMs, interrupted: true });
  }
});

test('[DEAF-2] a cut of what nobody hears is exact, and the tail is all that was not put out', async () => {
  const it = await conversation({ record: { user: true, bot: true, unheardTail: true } });
  await it.pass(100);
  const given = Float32Array.from({ length: 1000 * MS }, (_, n) => ((n % 30_000) + 1) / 32_768);
  it.give(given);
  await it.pass(300);
  await it.deafen(true);
  await it.pass(100);
  await Promise.all([it.pipeline.interrupt('manual'), it.pass(100)]);
  await it.stop();
  const rows = await it.segments();
  const [turn, tail] = [rows.find((row) => !row.unheard_tail)!, rows.find((row) => row.unheard_tail)!];
  const rendered = Math.round(turn.rendered_ms! * MS);
  expect(turn.duration_ms).toBeCloseTo(turn.rendered_ms!, 6);
  expect(turn.marks.at(-1)?.end_ms).toBeCloseTo(turn.duration_ms, 6);
  expect([...(await pcmOf(tail))]).toEqual(Array.from(given.subarray(rendered), (sample) => sample * 32_768));
});

test('[DEAF-6] a deafness that is still on when the tab dies is a mark of the recovered file, and was not heard', async () => {
  const it = await conversation();
  await it.pass(100);
  it.say(3000);
  await it.pass(500);
  const { frame } = await it.deafen(true);
  await it.pass(500);
  await expect.poll(() => db.read(['chunks'], (tx) => tx.objectStore('chunks').count())).toBeGreaterThan(20);
  await recoverSessions(db, (error) => expect.unreachable(error.message));
  const [segment] = await it.segments();
  const from = (frame - segment!.start_frame) / MS;
  const mark = { start_ms: near(from), end_ms: segment!.duration_ms, kind: 'deafened' };
  expect(segment?.marks).toEqual([mark]);
  expect(segment).toMatchObject({ rendered_ms: segment!.duration_ms, heard_ms: near(from) });
  expect(segment?.capture.volume).toEqual([{ from_ms: 0, volume: 1 }]);
  await it.pipeline.stop('session_stop').catch(() => undefined);
});

test('[VOL-3] a segment of the bot says how loud it was for the user, with each change in its place, and its audio does not', async () => {
  const it = await conversation();
  await it.pass(100);
  it.pipeline.say({ type: 'volume', volume: 0.5 });
  const [one, two] = [it.say(400), it.say(200)];
  await it.pass(200);
  it.pipeline.say({ type: 'volume', volume: 0.2 });
  await it.pass(20);
  it.pipeline.say({ type: 'volume', volume: 0.2 });
  await it.pass(1000);
  await it.stop();
  const told = it.events('volume').map(({ event }) => event);
  expect(told).toMatchObject([{ volume: 0.5 }, { volume: 0.2, epoch: 0, atMs: near(told[1]!.frame / MS) }]);
  const [first, second] = await it.segments([one, two]);
  const changedAt = (told[1]!.frame - first!.start_frame) / MS;
  expect(first?.capture.volume).toEqual([
    { from_ms: 0, volume: 0.5 },
    { from_ms: near(changedAt), volume: 0.2 },
  ]);
  expect(second?.capture.volume).toEqual([{ from_ms: 0, volume: 0.2 }]);
  for (const segment of [first!, second!]) {
    expect(segment).toMatchObject({ heard_ms: segment.rendered_ms, marks: [] });
    expect(new Set(await pcmOf(segment))).toEqual(new Set([16_384]));
  }
});

test('[VOL-4] an echo is looked for in what came out of the loudspeaker: there is none of a bot that is turned off', async () => {
  let state = 1;
  const noise = Float32Array.from({ length: 2000 * MS }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0;
    return (state / 2 ** 31) * 0.5;
  });
  for (const volume of [1, 0.2, 0]) {
    const it = await conversation({ vad: { echoThreshold: 0.8 } });
    await it.pass(600, (frame) => 1e-4 * (noise[frame] ?? 0));
    it.pipeline.say({ type: 'volume', volume });
    await it.pass(50);
    it.give(noise);
    // What the room gives back, 20 ms later: as loud each time, so that it is said by somebody where the bot is off.
    const begun = (): number => it.events('turn-start')[0]?.event.turn.startFrame ?? Infinity;
    await it.pass(500, (frame) => 0.3 * (noise[frame - begun() - 20 * MS] ?? 0));
    await it.stop();
    expect(it.events('client_vad_start').map(({ event }) => event.doubtful)[0]).toBe(volume > 0);
  }
});

/** A stream that is attached: the test is its tap, and it says this tone, which our output lets through or not. */
function attached(it: Awaited<ReturnType<typeof conversation>>, plays: boolean, boundaries: 'activity' | 'manual') {
  const { port1, port2 } = new MessageChannel();
  const source = { speaker: 'bot', clockId: 1, clockRate: RATE, plays, boundaries } as const;
  it.pipeline.connectTap({ ...source, port: typedPort<TapCommand, TapMessage>(port1, tapCommandTransferables) });
  const tap = typedPort<TapMessage, TapCommand>(port2, tapTransferables);
  const commands: TapCommand[] = [];
  let frame: number;
  let deafened = false;
  tap.receive((command) => {
    commands.push(command);
    if (command.type === 'stop') tap.send({ type: 'stopped', endFrame: frame });
    if (command.type !== 'deafen') return;
    ({ deafened } = command);
    tap.send({ type: 'deafened', deafenId: command.deafenId, frame });
  });
  return {
    commands,
    /** From a frame on, in which our own player is silent. */
    play: async (ms: number, amplitude: number, from = frame): Promise<void> => {
      frame = from;
      for (const end = frame + ms * MS; frame < end; frame += BLOCK_FRAMES) {
        const samples = new Float32Array(BLOCK_FRAMES);
        for (const at of samples.keys()) samples[at] = amplitude * Math.sin((frame + at) / 20);
        const place = { startFrame: frame, wallMs: STARTED_MS + frame / MS };
        tap.send({ type: 'block', ...place, samples, ...(deafened && { deafened }) });
        await settle();
      }
    },
  };
}

/** Where a conversation is that has gone on for so long: its blocks are whole. */
const blocksOf = (ms: number): number => Math.ceil((ms * MS) / BLOCK_FRAMES) * BLOCK_FRAMES;

test('[DEAF-5] an attached stream that we play is silent, and still has its turns', async () => {
  const it = await conversation();
  await it.pass(100);
  const stream = attached(it, true, 'activity');
  await stream.play(500, 0.5, blocksOf(100));
  const deaf = await it.pipeline.deafen(true);
  await stream.play(1500, 0.5);
  const heard = await it.pipeline.deafen(false);
  await stream.play(500, 0.5);
  await stream.play(1500, 0);
  await it.stop();
  const [segment, ...more] = await it.segments();
  expect(more).toEqual([]);
  const at = (ms: number): number => ms - segment!.start_frame / MS;
  expect(segment?.marks).toEqual([{ start_ms: near(at(deaf.atMs)), end_ms: near(at(heard.atMs)), kind: 'deafened' }]);
  expect(segment).toMatchObject({
    end_reason: 'speech_end',
    gaps: [],
    generated_ms: null,
    heard_ms: near(segment!.rendered_ms! - (heard.atMs - deaf.atMs)),
  });
  expect(segment?.capture.volume).toEqual([{ from_ms: 0, volume: 1 }]);
  const pcm = await pcmOf(segment!);
  expect(
    pcm.subarray(Math.round(at(deaf.atMs) * MS), Math.round(at(heard.atMs) * MS)).some((sample) => sample !== 0),
  ).toBe(false);
});

test('[DEAF-5] [VOL-3] a stream that somebody else plays is neither silent nor marked, and how loud it is we do not say', async () => {
  const it = await conversation();
  await it.pass(100);
  await it.deafen(true);
  const begun = blocksOf(120);
  const stream = attached(it, false, 'manual');
  await stream.play(200, 0.5, begun);
  const turnId = crypto.randomUUID();
  it.pipeline.say({ type: 'turn-start', speaker: 'bot', turnId });
  await stream.play(500, 0.5);
  it.pipeline.say({ type: 'volume', volume: 0.3 });
  it.pipeline.say({ type: 'turn-end', speaker: 'bot' });
  await stream.play(100, 0.5);
  expect(stream.commands.filter(({ type }) => type === 'deafen' || type === 'volume')).toEqual([]);
  await it.pipeline.detachBot();
  await it.stop();
  const [segment, ...more] = await it.segments();
  expect(more).toEqual([]);
  expect(segment).toMatchObject({ turn_id: turnId, marks: [], heard_ms: segment!.rendered_ms });
  expect(segment?.capture.volume).toBeUndefined();
  const pcm = await pcmOf(segment!);
  expect(pcm.filter((sample) => Math.abs(sample) > 1000).length).toBeGreaterThan(pcm.length * 0.9);
});
