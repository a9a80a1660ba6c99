import { expect, test } from 'vitest';
import type { ResamplerQuality } from '../core/settings.ts';
import { freshDatabase } from '../scripted/fresh-database.ts';
import { loudness } from '../scripted/session.ts';
import { channelsOf, errors, readFile, rms, tone, twoTaps } from '../scripted/two-taps.ts';
import type { TurntapeDatabase } from '../storage/database.ts';
import { listSegments, readAudio } from '../storage/segments.ts';

/** Which resampler has made a file is heard at the edge of its pass band: `best` is flat there, and `fast` half way down. */

let db: TurntapeDatabase;
freshDatabase((opened) => (db = opened));

const FILE_RATE = 16_000;
/** 0.9 of the files' Nyquist frequency. */
const EDGE_HZ = 7200;

/** The loudest tenth of a second of a file, against a sine of amplitude 0.5, in dB. */
function loudestDb(samples: Float32Array): number {
  const tenth = FILE_RATE / 10;
  const parts = Array.from({ length: Math.floor(samples.length / tenth) }, (_, n) =>
    rms(samples, n * tenth, (n + 1) * tenth),
  );
  return 20 * Math.log10((Math.max(...parts) * Math.SQRT2) / 0.5);
}

test.each<[ResamplerQuality, number, number]>([
  ['best', -0.1, 0.1],
  ['fast', -8, -4],
])('[RSM-3] `%s` makes the segments of both speakers and the session file', async (resampler, lowestDb, highestDb) => {
  const { pipeline, sessionId, facts, play, caughtUp } = await twoTaps({
    db,
    session: 'stereo',
    format: 'wav',
    fileRate: FILE_RATE,
    resampler,
    model: loudness(0.1),
  });
  const sound = tone(EDGE_HZ, 0.5);
  play(1024, {});
  play(1024, { user: sound });
  await caughtUp();
  pipeline.say({ type: 'turn-start', speaker: 'bot', turnId: crypto.randomUUID() });
  play(1024, { bot: sound });
  await caughtUp();
  pipeline.say({ type: 'turn-end', speaker: 'bot' });
  play(1024, {});
  await pipeline.stop('session_stop');
  expect(errors(facts)).toEqual([]);

  const heard: Record<string, number> = {};
  const segments = await listSegments(db, sessionId);
  for (const { segment_id, speaker } of segments)
    heard[speaker] = loudestDb(channelsOf((await readAudio(db, segment_id))!, 1)[0]!);
  const { file } = await readFile(db, { sessionId });
  for (const [n, channel] of channelsOf(file, 2).entries()) heard[`channel ${n}`] = loudestDb(channel);
  expect(Object.keys(heard).toSorted()).toEqual(['bot', 'channel 0', 'channel 1', 'user']);
  for (const [where, db] of Object.entries(heard)) {
    expect(db, where).toBeGreaterThan(lowestDb);
    expect(db, where).toBeLessThan(highestDb);
  }
});
