import { afterEach, beforeEach, expect, test } from 'vitest';
import type { FileRequest } from '../../core/messages/page-engine.ts';
import { MS, RATE, loudness } from '../../scripted/session.ts';
import {
  type Plan,
  channelsOf,
  decoded,
  errors,
  exchange,
  readFile,
  rms,
  tone,
  twoTaps,
} from '../../scripted/two-taps.ts';
import { type TurntapeDatabase, openTurntapeDatabase } from '../../storage/database.ts';
import { listSegments, readAudio } from '../../storage/segments.ts';
import { updateSessionFile } from '../../storage/session-files.ts';
import { OpenFiles } from './open-files.ts';
import { readSessionFileAs } from './session-files.ts';

/** Files that are made of what is kept: of the turns, when there is no session file, and of any stretch, in any format. */

let db: TurntapeDatabase;
beforeEach(async () => {
  db = await openTurntapeDatabase(`session-export-${crypto.randomUUID()}`);
});
afterEach(() => db.close());

const scripted = (plan: Omit<Plan, 'db'>) => twoTaps({ ...plan, db });
const read = (request: Partial<FileRequest> & { sessionId: string }) => readFile(db, request);

/** Both speak in the fourth second. */
const conversation = (plan: Omit<Plan, 'db' | 'model'>) => exchange({ ...plan, db }, { overlap: true });

const SECOND = 1024 * 48;

/** Rows come in the order of their ids, which are random. */
const inOrder = (one: { start_frame: number }, other: { start_frame: number }): number =>
  one.start_frame - other.start_frame;

test.each(['wav', 'opus'] as const)(
  '[EXPORT-1] without a session file it is made of the %s segments, each in its place, silence between, and says so',
  async (format) => {
    const { sessionId, frames } = await conversation({ session: false, format });
    expect(await listSegments(db, sessionId)).toHaveLength(3);
    const { facts, file } = await read({ sessionId });
    expect(facts).toMatchObject({ betweenTurns: 'silence', channels: ['user', 'bot'], sampleRate: RATE });
    expect(Math.abs(facts.samples - frames)).toBeLessThanOrEqual(48);
    const [left, right] = channelsOf(file, 2);
    expect(left!.length).toBe(facts.samples);
    expect(rms(left!, SECOND + 4800, 2 * SECOND - 4800)).toBeCloseTo(0.5 / Math.SQRT2, 2);
    expect(rms(left!, 0, SECOND - 15_000)).toBe(0);
    expect(rms(right!, 2 * SECOND + 9600, 4 * SECOND - 9600)).toBeCloseTo(0.25 / Math.SQRT2, 2);
    expect(rms(right!, 0, 2 * SECOND - 9600)).toBe(0);
    expect(rms(left!, 3 * SECOND + 4800, 4 * SECOND - 4800)).toBeCloseTo(0.5 / Math.SQRT2, 2);
  },
);

test('[EXPORT-2] a stretch of one speaker is exact to the sample, from the session file and from the segments', async () => {
  for (const session of ['stereo', false] as const) {
    const { sessionId } = await conversation({ session, format: 'wav' });
    const { facts, file } = await read({ sessionId, speaker: 'user', fromMs: 1324.5, toMs: 1824.5 });
    expect(facts).toMatchObject({ channels: ['user'], numChannels: 1, samples: 24_000, sessionStartMs: 1324.5 });
    const [samples] = channelsOf(file, 1);
    expect(samples!.length).toBe(24_000);
    const from = 1324.5 * 48;
    for (let i = 0; i < 24_000; i += 1)
      if (Math.abs(samples![i]! - 0.5 * Math.sin((2 * Math.PI * 440 * (from + i)) / RATE)) > 1 / 32_000)
        expect.unreachable(`sample ${i}: ${samples![i]}`);
  }
});

test('[EXPORT-3] any layout, format and rate of what was kept: lengths exact, levels unchanged', async () => {
  const kept = await conversation({ session: 'stereo', format: 'opus' });
  for (const layout of ['stereo', 'mono'] as const)
    for (const [format, sampleRate] of [
      ['wav', 16_000],
      ['wav', 44_100],
      ['opus', undefined],
    ] as const) {
      const { facts, file } = await read({ sessionId: kept.sessionId, layout, format, sampleRate });
      expect(facts.samples).toBe(Math.round((kept.frames * facts.sampleRate) / RATE));
      expect(facts.encoder['passedThrough']).toBe(format === 'opus' && layout === 'stereo');
      const audio = await decoded(file);
      expect(audio.numberOfChannels).toBe(layout === 'stereo' ? 2 : 1);
      expect(audio.length).toBe(Math.round((facts.samples * RATE) / facts.sampleRate));
      expect(rms(audio.getChannelData(0), SECOND + 4800, 2 * SECOND - 4800)).toBeCloseTo(0.5 / Math.SQRT2, 2);
    }
});

test('[EXPORT-2] a stretch of an Opus session as Opus is that stretch, encoded once more, and not the whole passed through', async () => {
  const { sessionId } = await conversation({ session: 'stereo', format: 'opus' });
  const { facts, file } = await read({ sessionId, format: 'opus', fromMs: 1200, toMs: 1700 });
  expect(facts).toMatchObject({ samples: 24_000, sessionStartMs: 1200, encoder: { passedThrough: false } });
  const audio = await decoded(file);
  expect([audio.numberOfChannels, audio.length]).toEqual([2, 24_000]);
  expect(rms(audio.getChannelData(0), 4800)).toBeCloseTo(0.5 / Math.SQRT2, 1);
});

test('[EXPORT-13] [U-7] twenty exchanges are forty files of their own: who and when is known of each, each plays alone, no frame is in two', async () => {
  const { pipeline, sessionId, facts, play, caughtUp } = await scripted({
    session: 'stereo',
    format: 'opus',
    model: loudness(0.1),
  });
  for (let exchange = 0; exchange < 20; exchange += 1) {
    play(512, { user: tone(440, 0.5) });
    play(512, {});
    await caughtUp();
    pipeline.say({ type: 'turn-start', speaker: 'bot', turnId: crypto.randomUUID() });
    play(512, { bot: tone(1000, 0.25) });
    await caughtUp();
    pipeline.say({ type: 'turn-end', speaker: 'bot' });
    play(512, {});
    await caughtUp();
  }
  await pipeline.stop('session_stop');
  expect(errors(facts)).toEqual([]);
  const segments = (await listSegments(db, sessionId)).toSorted(inOrder);
  expect(segments.map(({ speaker }) => speaker)).toEqual(Array.from({ length: 20 }, () => ['user', 'bot']).flat());
  expect(new Set(segments.map(({ turn_id }) => turn_id)).size).toBe(40);
  const ends = { user: 0, bot: 0 };
  for (const { speaker, segment_id, start_frame, end_frame, started_at, ended_at, duration_ms } of segments) {
    expect(start_frame).toBeGreaterThanOrEqual(ends[speaker]);
    ends[speaker] = end_frame;
    expect(Date.parse(ended_at) - Date.parse(started_at)).toBeCloseTo(duration_ms, -1);
    const audio = await decoded((await readAudio(db, segment_id)) ?? new ArrayBuffer(0));
    expect(audio.length).toBe(Math.round((duration_ms / 1000) * RATE));
    expect(rms(audio.getChannelData(0))).toBeGreaterThan(0.1);
  }
});

test('[EXPORT-4] a mix that was kept is not taken apart: stereo is made of the turns then, and says so', async () => {
  const { sessionId } = await conversation({ session: 'mono', format: 'opus' });
  expect((await read({ sessionId, layout: 'mono' })).facts.betweenTurns).toBe('recorded');
  expect((await read({ sessionId, layout: 'stereo' })).facts.betweenTurns).toBe('silence');
});

test('[EXPORT-5] a running session is exported as far as it has come, and goes on', async () => {
  const { pipeline, sessionId, play, caughtUp, now } = await scripted({ session: 'stereo', format: 'wav' });
  play(2048, { user: tone(440, 0.5) });
  await caughtUp();
  await expect.poll(async () => (await read({ sessionId })).facts.samples).toBeGreaterThan(2048 * 48 - 4800);
  play(2048, { user: tone(440, 0.5) });
  await pipeline.stop('session_stop');
  expect((await read({ sessionId })).facts.samples).toBe(now());
});

test('[EXPORT-6] a file is made as it is read, piece by piece, and given up when it is closed', async () => {
  const { sessionId } = await conversation({ session: 'stereo', format: 'wav' });
  const files = new OpenFiles();
  const { facts, bytes } = await readSessionFileAs(db, { sessionId, layout: 'stereo', format: 'wav', bitrate: 32_000 });
  const fileId = files.open(bytes);
  let total = 0;
  for (let piece = await files.read(fileId); piece; piece = await files.read(fileId)) {
    expect(piece.byteLength).toBeLessThanOrEqual(256 * 1024);
    total += piece.byteLength;
  }
  expect(total).toBe(44 + facts.samples * 4);
  await files.close(fileId);
  await expect(files.read(fileId)).rejects.toMatchObject({ code: 'aborted' });
});

test('[EXPORT-7] a session that is not here, and a range that ends before it begins, are refused by name', async () => {
  const nobody = crypto.randomUUID();
  await expect(read({ sessionId: nobody })).rejects.toMatchObject({ code: 'invalid_argument', field: 'sessionId' });
  const { sessionId } = await conversation({ session: 'stereo', format: 'wav' });
  await expect(read({ sessionId, fromMs: 2000, toMs: 1000 })).rejects.toMatchObject({ field: 'toMs' });
});

/** What a file is told to have missing, or silent, in milliseconds of the timeline. */
const HOLES = [
  { speaker: 'user', from: 1100, to: 1200 },
  { speaker: 'user', from: 1250, to: 1500 },
  { speaker: 'bot', from: 1400, to: 1700 },
  { speaker: 'bot', from: 2200, to: 2600 },
  { speaker: 'user', from: 1650, to: 2900 },
] as const;

test('[EXPORT-16] the gaps and marks of a stretch are those of its speakers, within it, from its beginning on, in order', async () => {
  for (const session of ['stereo', false] as const) {
    const { sessionId } = await conversation({ session, format: 'wav' });
    const rangesOf = (startMs: number, speakers: readonly string[]) =>
      HOLES.filter(({ speaker }) => speakers.includes(speaker)).map(({ speaker, from, to }) => ({
        start_ms: from - startMs,
        end_ms: to - startMs,
        speaker,
      }));
    const noted = (startMs: number, speakers: readonly string[]) => ({
      gaps: rangesOf(startMs, speakers).map((range) => ({ ...range, cause: 'blocks_lost' as const })),
      marks: rangesOf(startMs, speakers).map((range) => ({ ...range, kind: 'mute' as const })),
    });
    if (session) await updateSessionFile(db, sessionId, noted(0, ['user', 'bot']));
    else
      await db.write(['segments'], 'relaxed', async (tx) => {
        const all = await tx.objectStore('segments').getAll();
        const segments = all.filter((row) => row.session_id === sessionId).toSorted(inOrder);
        const first = (speaker: string) => segments.find((row) => row.speaker === speaker);
        for (const row of [first('user'), first('bot')])
          if (row)
            await tx.objectStore('segments').put({ ...row, ...noted((row.start_frame / RATE) * 1000, [row.speaker]) });
      });
    for (const [request, expected] of [
      [{ speaker: 'user' }, ['user 0-200', 'user 350-1000']],
      [{ speaker: 'bot' }, ['bot 100-400', 'bot 900-1000']],
      [{ layout: 'stereo' }, ['user 0-200', 'bot 100-400', 'user 350-1000', 'bot 900-1000']],
      [{ layout: 'mono' }, ['user 0-200', 'bot 100-400', 'user 350-1000', 'bot 900-1000']],
    ] as const) {
      const { facts } = await read({ sessionId, fromMs: 1300, toMs: 2300, ...request });
      for (const ranges of [facts.gaps, facts.marks])
        expect(
          ranges.map(({ speaker, startMs, endMs }) => `${speaker} ${Math.round(startMs)}-${Math.round(endMs)}`),
          `${session} ${JSON.stringify(request)}`,
        ).toEqual(expected);
    }
  }
});

test('[EXPORT-17] in an export of the turns each has its first and its last sample, and there is silence beside them, in any stretch', async () => {
  for (const format of ['wav', 'opus'] as const) {
    const { sessionId } = await conversation({ session: false, format });
    const whole = channelsOf((await read({ sessionId })).file, 2);
    for (const { segment_id, speaker, start_frame, duration_ms } of await listSegments(db, sessionId)) {
      const alone = (await decoded((await readAudio(db, segment_id)) ?? new ArrayBuffer(0))).getChannelData(0);
      const length = Math.round(duration_ms * MS);
      expect(alone.length).toBe(length);
      const lane = whole[speaker === 'user' ? 0 : 1]!;
      // A sample of 16 bits, rounded to one.
      for (const at of [0, 1, length - 2, length - 1])
        expect(Math.abs(lane[start_frame + at]! - alone[at]!), `${format} ${speaker} ${at}`).toBeLessThanOrEqual(
          1 / 32_000,
        );
      expect([lane[start_frame - 1], lane[start_frame + length]]).toEqual([0, 0]);
      // From its last sample on, and up to its first one.
      const end = start_frame + length;
      const behind = await read({ sessionId, speaker, fromMs: (end - 1) / MS, toMs: (end + 3) / MS });
      expect(channelsOf(behind.file, 1)[0]).toEqual(lane.slice(end - 1, end + 3));
      const before = await read({ sessionId, speaker, fromMs: (start_frame - 3) / MS, toMs: (start_frame + 1) / MS });
      expect(channelsOf(before.file, 1)[0]).toEqual(lane.slice(start_frame - 3, start_frame + 1));
    }
  }
});
