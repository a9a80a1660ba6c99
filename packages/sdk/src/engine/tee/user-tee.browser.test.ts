import { expect, test } from 'vitest';
import { Resampler } from '../../codecs/resampler.ts';
import { toPcm16 } from '../../codecs/wav.ts';
import { typedPort } from '../../core/messages/ports.ts';
import {
  TEE_DEFAULTS,
  type TeeMessage,
  type TeeReply,
  type TeeSettings,
  teeTransferables,
} from '../../core/messages/tee.ts';
import { readTee } from '../../page/tee/read-tee.ts';
import { freshDatabase } from '../../scripted/fresh-database.ts';
import { RATE, STARTED_MS, scriptedConversation } from '../../scripted/session.ts';
import { channelsOf, errors, readFile, tone, twoTaps } from '../../scripted/two-taps.ts';
import type { TurntapeDatabase } from '../../storage/database.ts';

/** A tee of a whole engine beside what it keeps: both must hold the same audio. */

let db: TurntapeDatabase;
freshDatabase((opened) => (db = opened));

/** Opens a tee and reads it to its end. */
async function allOf(
  pipeline: Awaited<ReturnType<typeof twoTaps>>['pipeline'],
  settings: Partial<TeeSettings> = {},
): Promise<{ samples: number[]; froms: number[]; lostMs: number }> {
  const { port1, port2 } = new MessageChannel();
  pipeline.openTee({ ...TEE_DEFAULTS, ...settings }, typedPort<TeeMessage, TeeReply>(port2, teeTransferables));
  const all = { samples: [] as number[], froms: [] as number[], lostMs: 0 };
  for await (const { samples, fromMs, lostMs } of readTee(port1) as unknown as AsyncIterable<{
    samples: Int16Array;
    fromMs: number;
    lostMs: number;
  }>) {
    for (const sample of samples) all.samples.push(sample);
    all.froms.push(fromMs);
    all.lostMs += lostMs;
  }
  return all;
}

test('[TEE-2] what leaves by the tee is what the session file holds, resampled: over a mute, lost blocks and a suspended context', async () => {
  const { pipeline, facts, sessionId, play, lose, freeze, caughtUp } = await twoTaps({
    db,
    session: 'stereo',
    format: 'wav',
  });
  const teed = allOf(pipeline);
  const plain = allOf(pipeline, { sampleRate: RATE });
  play(1024, { user: tone(440, 0.5) });
  await caughtUp();
  await pipeline.mute(true);
  play(512, { user: tone(440, 0.5) });
  await caughtUp();
  await pipeline.mute(false);
  play(512, { user: tone(700, 0.4) });
  lose(3);
  play(512, { user: tone(700, 0.4) });
  await caughtUp();
  freeze(1000);
  play(1024, { user: tone(300, 0.3) });
  await caughtUp();
  await pipeline.stop('session_stop');
  expect(errors(facts)).toEqual([]);
  const { samples, froms, lostMs } = await teed;
  const { file } = await readFile(db, { sessionId });
  const [user = new Float32Array(0)] = channelsOf(file, 2);
  // The session file begins with the session, and so do both tees.
  const whole = (await plain).samples;
  expect([whole.length, whole.findIndex((sample, at) => sample !== toPcm16(user[at] ?? 0))]).toEqual([user.length, -1]);
  // The file is rounded to 16 bit before this resampling, the tee is resampled before it is rounded.
  const resampler = new Resampler(RATE, 16_000);
  const wanted = [...resampler.process(user), ...resampler.flush()].map(toPcm16);
  expect(samples).toHaveLength(wanted.length);
  expect(samples.reduce((most, sample, at) => Math.max(most, Math.abs(sample - (wanted[at] ?? 0))), 0)).toBeLessThan(3);
  expect([froms[0], lostMs]).toEqual([0, 0]);
  expect(froms.every((fromMs, at) => Math.abs(fromMs - at * 20) < 1e-6)).toBe(true);
  // What was muted, lost or suspended is silence of its length.
  const loud = (fromMs: number, toMs: number): number =>
    Math.max(...samples.slice(fromMs * 16, toMs * 16).map((sample) => Math.abs(sample)));
  expect([loud(1060, 1500), loud(3000, 3500)]).toEqual([0, 0]);
  expect(loud(100, 1000)).toBeGreaterThan(16_000);
});

test('[TEE-4] nobody reads: a session with a tee that is never read keeps all, and the figures say what waits', async () => {
  const { pipeline, facts, sessionId, play, now, caughtUp } = await twoTaps({ db, session: 'stereo', format: 'wav' });
  expect(pipeline.stats().tees).toEqual([]);
  const { port1, port2 } = new MessageChannel();
  pipeline.openTee(TEE_DEFAULTS, typedPort<TeeMessage, TeeReply>(port2, teeTransferables));
  play(14_336, { user: tone(440, 0.5) });
  await caughtUp();
  expect(pipeline.stats().tees).toEqual([
    { ...TEE_DEFAULTS, sentMs: 1000, waitingMs: 11_000, lostMs: expect.any(Number) },
  ]);
  expect(pipeline.stats().tees[0]?.lostMs).toBeGreaterThan(3000);
  await pipeline.stop('session_stop');
  const { facts: file } = await readFile(db, { sessionId });
  expect(file.durationMs).toBeCloseTo((now() / RATE) * 1000, 6);
  expect(errors(facts)).toEqual([]);
  expect(pipeline.stats().tees).toEqual([]);
  port1.close();
});

test('[TEE-5] with push-to-talk what leaves by the tee is what the file holds, and silence', async () => {
  const { pipeline, pass, stop, segments } = await scriptedConversation(db, { vad: null });
  const teed = allOf(pipeline, { sampleRate: RATE });
  await pass(200, 0.3);
  // Both marks lie ahead of what the engine has heard.
  const turnId = crypto.randomUUID();
  pipeline.say({ type: 'turn-start', speaker: 'user', turnId, wallMs: STARTED_MS + 250 });
  await pass(300, 0.3);
  pipeline.say({ type: 'turn-end', speaker: 'user', wallMs: STARTED_MS + 600 });
  await pass(400, 0.3);
  await stop();
  const { samples, froms } = await teed;
  const [segment] = await segments();
  expect(froms[0]).toBe(0);
  const held = samples.flatMap((sample, frame) => (sample === 0 ? [] : [frame]));
  const [first = -1, last = -1] = [held[0], held.at(-1)];
  expect([first, last + 1]).toEqual([segment?.start_frame, segment?.end_frame]);
  expect(held).toHaveLength(last + 1 - first);
});
