import { afterEach, beforeEach, expect, test } from 'vitest';
import { RATE, scriptedConversation } from '../../scripted/session.ts';
import { type TurntapeDatabase, openTurntapeDatabase } from '../../storage/database.ts';

let db: TurntapeDatabase;
beforeEach(async () => {
  db = await openTurntapeDatabase(`encode-meter-${crypto.randomUUID()}`);
});
afterEach(() => db.close());

test('[ENC-19] the audio of a turn is counted with its pre-roll, and a speaker who is not recorded has no figures', async () => {
  const it = await scriptedConversation(db, { bargeIn: { mode: 'off' }, record: { user: true, bot: false } });
  await it.pass(1000);
  expect(it.pipeline.stats().encoding.user).toMatchObject({ audioMs: 0, chunks: 0 });
  await it.pass(1000, 0.8);
  await it.pass(1500);
  const { encoding } = it.pipeline.stats();
  await it.stop();
  expect(encoding.bot).toBeNull();
  expect(encoding.user).toMatchObject({ inputRate: RATE, fileRate: RATE, isResampled: false });
  const [segment] = await it.segments();
  const { audioMs = 0, busyMs = 0, chunks = 0 } = encoding.user ?? {};
  // What was written beyond the post-roll, while nobody knew that the speech was over, is trimmed.
  expect(audioMs).toBeGreaterThanOrEqual(segment?.duration_ms ?? Infinity);
  expect(audioMs).toBeLessThan((segment?.duration_ms ?? 0) + 900);
  expect(Math.abs(chunks - audioMs / 40)).toBeLessThanOrEqual(2);
  expect(busyMs).toBeGreaterThan(0);
});
