import { expect, test } from 'vitest';
import { leastSpeechMs } from '../../core/integrity.ts';
import { freshDatabase } from '../../scripted/fresh-database.ts';
import { MS, named, scriptedConversation } from '../../scripted/session.ts';
import { errors, tone, twoTaps } from '../../scripted/two-taps.ts';
import { type TurntapeDatabase } from '../../storage/database.ts';
import { listSegments } from '../../storage/segments.ts';

/** A bot whose record falls silent while it speaks: through the whole engine, with what it keeps. */

let db: TurntapeDatabase;
freshDatabase((opened) => (db = opened));

const words = (turnId: string, text: string) =>
  ({
    type: 'words',
    transcriptId: crypto.randomUUID(),
    revision: 1,
    turnId,
    externalId: null,
    leastMs: leastSpeechMs(text),
  }) as const;

const TEXT = 'The first train to the coast leaves at seven, the second one an hour later.';

test('[INTEG-3][U-3] the tap of an attached bot gives zeros in mid-session: the event names turn and range, the segment and the figures have it', async () => {
  const { pipeline, facts, sessionId, play, now, caughtUp } = await twoTaps({ db, session: false, format: 'wav' });
  const speaks = async (turnId: string, ms: number, isTapped: boolean): Promise<void> => {
    pipeline.say({ type: 'turn-start', speaker: 'bot', turnId });
    play(ms, isTapped ? { bot: tone(440, 0.1) } : {});
    await caughtUp();
    pipeline.say({ type: 'turn-end', speaker: 'bot' });
    pipeline.say(words(turnId, TEXT));
    play(512, {});
    await caughtUp();
  };
  const [first, second, third] = [crypto.randomUUID(), crypto.randomUUID(), crypto.randomUUID()];
  await speaks(first, 4096, true);
  await speaks(second, 4096, false);
  play(4096, {});
  await caughtUp();
  const turn = named(facts, 'turn-end').find(({ event }) => event.turn.turnId === second)?.event.turn;
  expect(named(facts, 'integrity').map(({ event }) => event)).toEqual([
    {
      turnId: second,
      externalId: null,
      speaker: 'bot',
      fromMs: turn?.startMs,
      toMs: turn?.endMs,
      cause: 'words_without_sound',
    },
  ]);
  expect(pipeline.stats().integrity).toEqual({ events: [named(facts, 'integrity')[0]?.event], goesOn: true });
  // What is to come is made silent by the app: that is nobody's fault.
  await pipeline.redact({ fromMs: now() / MS, toMs: now() / MS + 8192, speaker: 'bot' });
  await speaks(third, 4096, true);
  await pipeline.stop('session_stop');
  expect(named(facts, 'integrity')).toHaveLength(1);
  expect(errors(facts)).toEqual([]);
  const segments = await listSegments(db, sessionId);
  const sounding = (turnId: string) => segments.find(({ turn_id }) => turn_id === turnId)?.capture.sounding_ms;
  expect(sounding(first)).toBeGreaterThan(4000);
  expect([sounding(second), sounding(third)]).toEqual([0, 0]);
});

test('[INTEG-5][U-3] a written bot that is played and whose record is silent is told, without any transcript', async () => {
  const { say, pass, muteRecord, events, stop } = await scriptedConversation(db);
  const heard = say(600);
  await pass(1200);
  expect(heard.turnId).not.toBe('');
  muteRecord();
  const lost = say(600);
  await pass(600);
  await stop();
  expect(events('integrity').map(({ event }) => [event.turnId, event.cause])).toEqual([
    [lost.turnId, 'given_without_sound'],
  ]);
  const event = events('integrity')[0]?.event;
  const turn = events('turn-end').find(({ event: { turn } }) => turn.turnId === lost.turnId)?.event.turn;
  expect([event?.fromMs, event?.toMs]).toEqual([turn?.startMs, turn?.endMs]);
});

test('[INTEG-6][INTEG-7] marks alone, words that are bound later, and words of no turn reach the judge through the engine', async () => {
  const { pipeline, facts, play, caughtUp } = await twoTaps({ db, session: false, format: 'wav' });
  const pass = async (ms: number): Promise<void> => {
    play(ms, {});
    await caughtUp();
  };
  const [marked, bound] = [crypto.randomUUID(), crypto.randomUUID()];
  await pass(512);
  for (const turnId of [marked, bound]) {
    pipeline.say({ type: 'turn-start', speaker: 'bot', turnId });
    // The second is too short for its mark to mean anything.
    await pass(turnId === marked ? 2048 : 768);
    pipeline.say({ type: 'turn-end', speaker: 'bot' });
    await pass(4096);
  }
  pipeline.say({ ...words('', TEXT), turnId: null, externalId: 'reply-2' });
  pipeline.say({ type: 'bind', turnId: bound, externalId: 'reply-2' });
  pipeline.say({ ...words('', TEXT), turnId: null, externalId: 'reply-3' });
  await pass(10_752);
  expect(
    named(facts, 'integrity').map(({ event: { turnId, externalId, cause } }) => [turnId, externalId, cause]),
  ).toEqual([
    [marked, null, 'marks_without_sound'],
    [bound, 'reply-2', 'words_without_sound'],
    [null, 'reply-3', 'words_without_sound'],
  ]);
  // Nothing is attached any more: words of no turn are a text, and nobody's voice.
  await pipeline.detachBot();
  pipeline.say({ ...words('', TEXT), turnId: null, externalId: 'reply-4' });
  await pipeline.stop('session_stop');
  expect(named(facts, 'integrity')).toHaveLength(3);
});
