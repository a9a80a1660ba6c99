import { afterEach, beforeEach, expect, test } from 'vitest';
import { MS, scriptedConversation } from '../../scripted/session.ts';
import { type TurntapeDatabase, openTurntapeDatabase } from '../../storage/database.ts';

let db: TurntapeDatabase;
beforeEach(async () => {
  db = await openTurntapeDatabase(`turn-end-${crypto.randomUUID()}`);
});
afterEach(() => db.close());

const WORDS_MS = 600;
const THOUGHT_MS = 1300;

/** Two runs of words with a thought between; says for each segment from where to where it goes, in milliseconds. */
async function ponder(endTurnTimeoutMs?: number, answers = true) {
  const it = await scriptedConversation(db, { bargeIn: { mode: 'off' }, endTurnTimeoutMs });
  await it.pass(1000);
  await it.pass(WORDS_MS, 0.8);
  await it.pass(THOUGHT_MS);
  await it.pass(WORDS_MS, 0.8);
  await it.pass(THOUGHT_MS);
  const asked = it.events('turn-end-asked');
  const last = asked.at(-1);
  if (last && answers) it.pipeline.say({ type: 'turn-is-over', askId: last.askId });
  await it.pass(100);
  const ended = it.events('turn-end').length;
  await it.stop();
  const segments = await it.segments();
  return {
    it,
    asked,
    ended,
    segments,
    spans: segments.map(({ start_frame, end_frame }) => [start_frame / MS, end_frame / MS]),
  };
}

test('[TURN-23] a hook that takes a second: one segment where there were two, up to the end of the last words', async () => {
  const [plain, asked] = [await ponder(), await ponder(10_000)];
  expect(plain.segments).toHaveLength(2);
  expect(plain.asked).toEqual([]);
  expect(asked.segments).toMatchObject([{ speaker: 'user', end_reason: 'speech_end', part: 1, is_last: true }]);
  // The same audio as the two and what lies between.
  expect(asked.spans).toEqual([[plain.spans[0]?.[0], plain.spans[1]?.[1]]]);
  expect(asked.it.events('client_vad_start')).toHaveLength(1);
  expect(asked.it.events('client_vad_stop').map(({ event }) => event.misfire)).toEqual([false]);
  expect(asked.asked).toHaveLength(2);
});

test('[TURN-24] [TURN-27] nobody answers: the time decides, or the end of the session, and the file ends with the speech', async () => {
  const timed = await ponder(300, false);
  expect([timed.ended, timed.segments.length]).toEqual([2, 2]);
  const stopped = await ponder(10_000, false);
  expect([stopped.ended, stopped.segments.length]).toEqual([0, 1]);
  expect(stopped.segments[0]).toMatchObject({ end_reason: 'speech_end' });
  expect(stopped.spans[0]?.[1]).toBe(timed.spans[1]?.[1]);
});
