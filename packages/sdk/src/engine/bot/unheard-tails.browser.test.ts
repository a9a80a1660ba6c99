import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { type TurntapeDatabase, openTurntapeDatabase } from '../../storage/database.ts';
import { type KeptSegmentRow, toSegmentWire } from '../../storage/rows.ts';
import { readAudio } from '../../storage/segments.ts';
import { redactKept } from '../redaction/redaction.ts';
import { MS, RATE, scriptedConversation } from '../../scripted/session.ts';

/** What the bot was given and nobody heard: every sample is a number, so that none can be missing, doubled or moved. */

let db: TurntapeDatabase;
beforeEach(async () => {
  db = await openTurntapeDatabase(`tails-${crypto.randomUUID()}`);
});
afterEach(() => {
  vi.useRealTimers();
  db.close();
});

const conversation = () => scriptedConversation(db, { record: { user: true, bot: true, unheardTail: true } });

/** Sample n is the number n, from `first` on: exact in PCM16. */
const ruler = (ms: number, first = 1): Float32Array =>
  Float32Array.from({ length: ms * MS }, (_, n) => (((first + n) % 30_000) + 1) / 32_768);
const numbers = (samples: Float32Array): number[] => Array.from(samples, (sample) => sample * 32_768);

async function pcmOf({ segment_id }: KeptSegmentRow): Promise<number[]> {
  return Array.from(new Int16Array((await readAudio(db, segment_id))!.slice(44)));
}

/** The segments of turns that were heard or not, and the tails. */
async function kept(
  it: Awaited<ReturnType<typeof conversation>>,
  said: readonly { turnId: string; utteranceId: string }[],
) {
  const rows = await it.segments();
  const turns = said.map(({ turnId }) => rows.find((row) => row.turn_id === turnId)!);
  const tails = said.map(({ utteranceId }) => rows.find((row) => row.unheard_tail?.utterance_id === utteranceId));
  return { rows, turns, tails };
}

test('[HEAR-20] what was put out and the tail are what was given, sample for sample, also of those that waited', async () => {
  const it = await conversation();
  await it.pass(100);
  const given = [ruler(1000), ruler(500, 7000), ruler(300, 21_000)];
  const said = given.map((samples) => it.give(samples));
  await it.pass(400);
  await Promise.all([it.pipeline.interrupt('manual'), it.pass(100)]);
  await it.stop();

  expect(it.events('error')).toEqual([]);
  const { rows, turns, tails } = await kept(it, said);
  expect(rows).toHaveLength(6);
  const heard = await pcmOf(turns[0]!);
  const rest = await pcmOf(tails[0]!);
  const fade = 5 * MS;
  expect([...heard, ...rest]).toHaveLength(1000 * MS);
  expect(heard.slice(0, -fade)).toEqual(numbers(given[0]!).slice(0, heard.length - fade));
  expect(rest).toEqual(numbers(given[0]!).slice(heard.length));
  expect(await pcmOf(tails[1]!)).toEqual(numbers(given[1]!));
  expect(await pcmOf(tails[2]!)).toEqual(numbers(given[2]!));
});

test('[HEAR-21] a tail says of which turn and utterance and which part it is, and is nobody’s turn', async () => {
  const it = await conversation();
  await it.pass(100);
  const said = [it.give(ruler(1000)), it.give(ruler(500))];
  await it.pass(400);
  await Promise.all([it.pipeline.interrupt('server'), it.pass(100)]);
  await it.stop();
  const { turns, tails } = await kept(it, said);
  for (const [index, tail] of tails.entries()) {
    const { turnId, utteranceId } = said[index]!;
    const fromMs = turns[index]!.rendered_ms!;
    const toMs = turns[index]!.generated_ms!;
    expect(tail!.unheard_tail).toEqual({ turn_id: turnId, utterance_id: utteranceId, from_ms: fromMs, to_ms: toMs });
    expect(tail!.duration_ms).toBeCloseTo(toMs - fromMs, 6);
    expect(tail).toMatchObject({
      speaker: 'bot',
      utterance_ids: [utteranceId],
      interrupted: true,
      interruption_cause: 'server',
      end_reason: 'interrupted',
      rendered_ms: null,
      heard_ms: null,
      generated_ms: null,
      started_at: tail!.ended_at,
      start_frame: turns[0]!.end_frame,
      end_frame: turns[0]!.end_frame,
    });
    expect(said.map((each) => each.turnId)).not.toContain(tail!.turn_id);
  }
  const told = it.events('segment-kept').filter((fact) => fact.segment.unheard_tail);
  expect(told.map((fact) => fact.segment)).toEqual(
    expect.arrayContaining(tails.map((tail) => toSegmentWire(tail!))) as unknown,
  );
  const items = await db.read(['outbox'], (tx) => tx.objectStore('outbox').getAll());
  expect(items.filter((item) => item.kind === 'segment')).toHaveLength(4);
});

test('[HEAR-22] what arrives after the cut belongs to the tail, until the utterance is complete', async () => {
  const it = await conversation();
  await it.pass(100);
  const samples = ruler(1500);
  const said = it.give(samples.slice(0, 600 * MS), { open: true });
  await it.pass(300);
  await Promise.all([it.pipeline.interrupt('manual'), it.pass(100)]);
  const more = (from: number, to: number) => {
    const piece = samples.slice(from * MS, to * MS);
    it.pipeline.say({ type: 'pcm', utteranceId: said.utteranceId, samples: piece, sampleRate: RATE });
  };
  more(600, 1000);
  await it.pass(50);
  expect((await kept(it, [said])).tails).toEqual([undefined]);
  more(1000, 1500);
  it.pipeline.say({ type: 'end', utteranceId: said.utteranceId });
  await expect.poll(async () => (await kept(it, [said])).tails[0]?.unheard_tail?.to_ms).toBe(1500);
  await expect.poll(async () => (await kept(it, [said])).turns[0]).toBeDefined();
  const { turns, tails } = await kept(it, [said]);
  const heard = await pcmOf(turns[0]!);
  expect(await pcmOf(tails[0]!)).toEqual(numbers(samples).slice(heard.length));
  await it.stop();
});

test('[HEAR-22] an utterance that is never completed is waited for five seconds, and at the session’s end no longer', async () => {
  const it = await conversation();
  await it.pass(100);
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  const first = it.give(ruler(150), { open: true });
  await it.pass(50);
  await Promise.all([it.pipeline.interrupt('manual'), it.pass(50)]);
  vi.advanceTimersByTime(5000);
  vi.useRealTimers();
  await expect.poll(async () => (await kept(it, [first])).tails[0]?.unheard_tail?.to_ms).toBe(150);
  const second = it.give(ruler(2000), { open: true });
  await it.pass(100);
  await it.stop();
  const { turns, tails } = await kept(it, [second]);
  expect(tails[0]).toMatchObject({ end_reason: 'session_stop', interruption_cause: null });
  // The turn’s file goes on to the session’s end, silent behind the cut.
  const rendered = Math.round(turns[0]!.rendered_ms! * MS);
  expect(await pcmOf(tails[0]!)).toEqual(numbers(ruler(2000)).slice(rendered));
});

test('[HEAR-23] without the option, and of what was heard whole, nothing of the kind is kept', async () => {
  const it = await conversation();
  await it.pass(100);
  it.give(ruler(200));
  await it.pass(800);
  await it.stop();
  expect((await it.segments()).map((row) => row.unheard_tail)).toEqual([undefined]);

  const off = await scriptedConversation(db);
  await off.pass(100);
  off.give(ruler(1000));
  await off.pass(200);
  await Promise.all([off.pipeline.interrupt('manual'), off.pass(100)]);
  await off.stop();
  expect((await off.segments()).map((row) => row.unheard_tail)).toEqual([undefined]);
});

test('[HEAR-24] a redaction of the place where the bot was cut silences the tail whole', async () => {
  const it = await conversation();
  await it.pass(100);
  const said = it.give(ruler(1000));
  await it.pass(300);
  await Promise.all([it.pipeline.interrupt('manual'), it.pass(100)]);
  await it.stop();
  await redactKept(db, it.sessionId, { fromMs: 0, toMs: 50 }, () => undefined);
  expect((await pcmOf((await kept(it, [said])).tails[0]!)).every((sample) => sample > 0)).toBe(true);
  await redactKept(db, it.sessionId, { fromMs: 100, toMs: 1000 }, () => undefined);
  const [tail] = (await kept(it, [said])).tails;
  expect(new Set(await pcmOf(tail!))).toEqual(new Set([0]));
  expect(tail!.marks).toEqual([{ start_ms: 0, end_ms: tail!.duration_ms, kind: 'redaction' }]);
});
