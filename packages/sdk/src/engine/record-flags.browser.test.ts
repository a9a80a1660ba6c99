import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { freshName } from '../scripted/fresh-database.ts';
import { loudness } from '../scripted/session.ts';
import { channelsOf, readFile, rms, tone, twoTaps } from '../scripted/two-taps.ts';
import { type StoreName, type TurntapeDatabase, openTurntapeDatabase } from '../storage/database.ts';
import { createOutbox } from '../storage/outbox.ts';
import { listSegments } from '../storage/segments.ts';

/** Who is kept, and who is not: every choice of two speakers and the session file. */

const fresh = freshName();
let db: TurntapeDatabase;
let written = 0;
beforeEach(async () => {
  written = 0;
  db = await openTurntapeDatabase(fresh.name, { onAppended: (bytes) => (written += bytes) });
});
afterEach(() => db.close());

const count = (store: StoreName): Promise<number> => db.read([store], (tx) => tx.objectStore(store).count());
const speakersOf = async (): Promise<string[]> => {
  const rows = await db.read(['segments'], (tx) => tx.objectStore('segments').getAll());
  return rows.map(({ speaker }) => speaker).toSorted();
};

const MATRIX = [true, false].flatMap((user) =>
  [true, false].flatMap((bot) => (['stereo', false] as const).map((session) => ({ user, bot, session }))),
);

test.each(MATRIX)(
  '[KEEP-13] user $user, bot $bot, session $session: who is not to be recorded has no row, chunk, file or item, and turns all the same',
  async ({ user, bot, session }) => {
    const wanted = [...(bot ? ['bot'] : []), ...(user ? ['user'] : [])];
    const it = await twoTaps({ db, session, format: 'wav', record: { user, bot }, model: loudness(0.1) });
    it.pipeline.say({ type: 'turn-start', speaker: 'bot', turnId: crypto.randomUUID() });
    it.play(1024, { user: tone(440, 0.5), bot: tone(1000, 0.25) });
    await it.caughtUp();
    // In the middle of both turns.
    await vi.waitFor(async () => expect(await speakersOf()).toEqual(wanted), 20_000);
    it.pipeline.say({ type: 'turn-end', speaker: 'bot' });
    it.play(1024, {});
    await it.caughtUp();
    await it.pipeline.stop('session_stop');

    expect((await listSegments(db, it.sessionId)).map(({ speaker }) => speaker).toSorted()).toEqual(wanted);
    expect([await speakersOf(), await count('chunks'), await count('audio')]).toEqual([wanted, 0, wanted.length]);
    const items = await createOutbox(db).items();
    expect(items.filter(({ kind }) => kind === 'segment')).toHaveLength(wanted.length);
    const told = it.facts.flatMap((fact) => (fact.type === 'turn-end' ? [fact.event.turn.speaker] : []));
    expect(told.toSorted()).toEqual(['bot', 'user']);
    expect(written > 0).toBe(user || bot || session !== false);
    expect(await count('session_files')).toBe(session ? 1 : 0);
    if (!session) {
      expect(await count('session_chunks')).toBe(0);
      return;
    }
    // The whole conversation, whoever has segments.
    const { file } = await readFile(db, { sessionId: it.sessionId });
    for (const channel of channelsOf(file, 2)) expect(rms(channel)).toBeGreaterThan(0.05);
  },
);
