import { expect, test } from 'vitest';
import type { InputNote } from '../../core/messages/capture-note.ts';
import { freshDatabase } from '../../scripted/fresh-database.ts';
import { MS, type SettingsChange, scriptedConversation } from '../../scripted/session.ts';
import type { TurntapeDatabase } from '../../storage/database.ts';

/** A microphone that goes while its user speaks: how the turn ends that was open. */

let db: TurntapeDatabase;
freshDatabase((opened) => (db = opened));

/** One detector's window: whole blocks. */
const STEP_MS = 32;

async function conversation(change: SettingsChange = {}) {
  const it = await scriptedConversation(db, { bargeIn: { mode: 'off' }, ...change });
  let ms = 0;
  const pass = async (steps: number, amplitude = 0): Promise<void> => {
    ms += steps * STEP_MS;
    await it.pass(steps * STEP_MS, amplitude);
  };
  /** The page says it some milliseconds after it was so, as it hears of it. */
  const note = (state: InputNote): void => it.pipeline.note({ type: 'input', state, clockId: 1, frame: ms * MS });
  const ends = async () => {
    await it.stop();
    return (await it.segments()).map(({ end_reason, is_last }) => [end_reason, is_last]);
  };
  await pass(20);
  await pass(30, 0.8);
  return { it, pass, note, ends };
}

test('[TURN-29] a microphone that goes while its user speaks and is not back when the silence is long enough: the turn ends by device_lost', async () => {
  const { it, pass, note, ends } = await conversation();
  await pass(3);
  note('lost');
  await pass(40);
  const [ended] = it.events('turn-end').map(({ event }) => event.turn);
  expect(ended).toMatchObject({ speaker: 'user', endReason: 'device_lost', interrupted: false });
  // The stop is one of speech, at the last that was heard.
  expect(it.events('client_vad_stop').map(({ event }) => event.misfire)).toEqual([false]);
  expect(ended?.endMs).toBeLessThanOrEqual(51 * STEP_MS);
  // Another microphone, and the user says more: a turn like any other.
  note('changed');
  await pass(30, 0.8);
  await pass(40);
  expect(await ends()).toEqual([
    ['device_lost', true],
    ['speech_end', true],
  ]);
  const [segment] = await it.segments();
  expect(segment?.gaps).toEqual([
    { start_ms: expect.any(Number), end_ms: segment?.duration_ms, cause: 'microphone_lost' },
  ]);
});

test('[TURN-29] so is one whose permission was taken back, and one that went in the pause behind the last word', async () => {
  const { pass, note, ends } = await conversation();
  await pass(15);
  note('lost');
  note('denied');
  await pass(30);
  expect(await ends()).toEqual([['device_lost', true]]);
});

test('[TURN-29] [U-24] one that is back in time goes on with its turn, and ends as any other', async () => {
  const { it, pass, note, ends } = await conversation();
  note('lost');
  await pass(15);
  note('changed');
  await pass(20, 0.8);
  await pass(40);
  expect(it.events('turn-start')).toHaveLength(1);
  expect(await ends()).toEqual([['speech_end', true]]);
});

test('[TURN-29] a user who fell silent before it, and one whom the system muted, ended by themselves', async () => {
  const { pass, note, ends } = await conversation();
  await pass(40);
  note('lost');
  await pass(10);
  note('changed');
  await pass(30, 0.8);
  note('muted');
  await pass(40);
  expect(await ends()).toEqual([
    ['speech_end', true],
    ['speech_end', true],
  ]);
});

test('[TURN-29] [TURN-24] of a turn whose end the app puts off, what counts is when it ends', async () => {
  const timed = await conversation({ endTurnTimeoutMs: 1000 });
  await timed.pass(30);
  timed.note('lost');
  await timed.pass(50);
  expect(await timed.ends()).toEqual([['device_lost', true]]);
  const back = await conversation({ endTurnTimeoutMs: 1000 });
  back.note('lost');
  await back.pass(30);
  back.note('changed');
  await back.pass(50);
  expect(await back.ends()).toEqual([['speech_end', true]]);
});

test('[TURN-29] a turn that a key holds open goes on without a microphone, until the key is released', async () => {
  const { it, pass, note, ends } = await conversation({ vad: null });
  it.pipeline.say({ type: 'turn-start', speaker: 'user', turnId: crypto.randomUUID() });
  await pass(10, 0.8);
  note('lost');
  await pass(60);
  it.pipeline.say({ type: 'turn-end', speaker: 'user' });
  await pass(5);
  expect(await ends()).toEqual([['manual', true]]);
});
