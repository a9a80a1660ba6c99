import { afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { createSegmentEncoder } from '../codecs/segment-encoder.ts';
import { wasmCodecs } from '../codecs/wasm/wasm-codecs.ts';
import type { FileRequest } from '../core/messages/page-engine.ts';
import { locateCodecs } from '../scripted/codecs.ts';
import { RATE, loudness } from '../scripted/session.ts';
import { type Plan, channelsOf, errors, exchange, readFile, rms, tone, twoTaps } from '../scripted/two-taps.ts';
import { type TurntapeDatabase, openTurntapeDatabase } from '../storage/database.ts';
import { listSegments, openSegment, readAudio } from '../storage/segments.ts';
import { startSession } from '../storage/sessions.ts';
import { sampleSegment, sampleSession } from '../upload-contract/samples.ts';
import { Backlog } from './keeping/chunk-queue.ts';
import { recoverSessions } from './keeping/recovery.ts';
import { SegmentChunks } from './keeping/segment-chunks.ts';

/** MP3 through the engine: turns that are kept, cut into parts, left by a crash, put together; and files made of anything. */

let db: TurntapeDatabase;
beforeAll(async () => {
  locateCodecs();
  await wasmCodecs.loadMp3Encoder();
});
beforeEach(async () => {
  db = await openTurntapeDatabase(`mp3-${crypto.randomUUID()}`);
});
afterEach(() => db.close());

const scripted = (plan: Omit<Plan, 'db'>) => twoTaps({ ...plan, db });
const read = (request: Partial<FileRequest> & { sessionId: string }) => readFile(db, request);

/** The browser's own player. */
async function played(file: ArrayBuffer, rate = RATE): Promise<AudioBuffer> {
  return new OfflineAudioContext(2, 1, rate).decodeAudioData(file.slice(0));
}

const SECOND = 1024 * 48;

const conversation = (plan: Omit<Plan, 'db' | 'model'>) => exchange({ ...plan, db });

const OFF_BY = 1 / 50;

test('[MP3-11] an MP3 turn that a crash left is a file of all but the last 200 ms', async () => {
  const { pipeline, sessionId, play, caughtUp, now } = await scripted({
    session: false,
    format: 'mp3',
    model: loudness(0.1),
  });
  play(4096, { user: tone(440, 0.5) });
  await caughtUp();
  const chunks = () => db.read(['chunks'], (tx) => tx.objectStore('chunks').count());
  // Each holds a frame of 24 ms.
  await expect.poll(chunks).toBeGreaterThanOrEqual((4096 - 200) / 24 + 1);
  // The tab dies here. Nobody finishes anything.
  expect(await recoverSessions(db, (error) => expect.unreachable(error.message))).toEqual([sessionId]);
  const [segment] = await listSegments(db, sessionId);
  expect(segment).toMatchObject({ format: 'mp3', end_reason: 'crash', sample_rate: RATE });
  expect(segment!.end_frame).toBeGreaterThan(now() - 9600);
  const audio = await played((await readAudio(db, segment!.segment_id))!);
  expect(audio.length).toBe(Math.round((segment!.duration_ms / 1000) * RATE));
  const samples = audio.getChannelData(0);
  for (const at of [9_600, 48_000, audio.length - 9_600])
    expect(
      Math.abs(samples[at]! - 0.5 * Math.sin((2 * Math.PI * 440 * (segment!.start_frame + at)) / RATE)),
    ).toBeLessThan(OFF_BY);
  await pipeline.stop('session_stop').catch(() => undefined);
});

test('[MP3-12] a long MP3 turn is cut into parts, each a file of its own, and no frame is lost between them', async () => {
  const { pipeline, sessionId, facts, play, caughtUp } = await scripted({
    session: false,
    format: 'mp3',
    model: loudness(0.1),
    maxSegmentMs: 1000,
  });
  play(3584, { user: tone(440, 0.5) });
  await caughtUp();
  play(1024, {});
  await pipeline.stop('session_stop');
  expect(errors(facts)).toEqual([]);
  const parts = (await listSegments(db, sessionId)).toSorted((one, other) => one.part - other.part);
  expect(parts.map(({ part, is_last }) => [part, is_last])).toEqual([
    [1, false],
    [2, false],
    [3, false],
    [4, true],
  ]);
  expect(new Set(parts.map(({ turn_id }) => turn_id)).size).toBe(1);
  for (const [index, part] of parts.entries()) {
    if (index > 0) expect(part.start_frame).toBe(parts[index - 1]!.end_frame);
    const audio = await played((await readAudio(db, part.segment_id))!);
    expect(audio.length).toBe(part.end_frame - part.start_frame);
    // At its very ends, too, it is what was said there.
    const samples = audio.getChannelData(0);
    for (const at of [64, 20_000, audio.length - 64]) {
      const frame = part.start_frame + at;
      const said = frame < 3584 * 48 ? 0.5 * Math.sin((2 * Math.PI * 440 * frame) / RATE) : 0;
      expect(Math.abs(samples[at]! - said), `part ${part.part} at ${at}`).toBeLessThan(0.1);
    }
  }
});

test('[EXPORT-9] turns that were kept as MP3 are put together, each in its place, and any stretch of them is exact', async () => {
  const { sessionId, frames } = await conversation({ session: false, format: 'mp3' });
  expect((await listSegments(db, sessionId)).map(({ format }) => format)).toEqual(['mp3', 'mp3']);
  const { facts, file } = await read({ sessionId });
  expect(facts).toMatchObject({ betweenTurns: 'silence', channels: ['user', 'bot'], sampleRate: RATE });
  expect(Math.abs(facts.samples - frames)).toBeLessThanOrEqual(48);
  const [left, right] = channelsOf(file, 2);
  expect(left!.length).toBe(facts.samples);
  for (const at of [SECOND + 4800, 1.5 * SECOND, 2 * SECOND - 4800])
    expect(Math.abs(left![at]! - 0.5 * Math.sin((2 * Math.PI * 440 * at) / RATE))).toBeLessThan(OFF_BY);
  expect(rms(right!, 2 * SECOND + 9600, 3 * SECOND - 9600)).toBeCloseTo(0.25 / Math.SQRT2, 2);
  expect(rms(right!, 0, 2 * SECOND - 9600)).toBe(0);
  const stretch = await read({ sessionId, speaker: 'user', fromMs: 1324.5, toMs: 1824.5 });
  const [samples] = channelsOf(stretch.file, 1);
  expect(samples!.length).toBe(24_000);
  expect(samples).toEqual(left!.slice(1324.5 * 48, 1824.5 * 48));
});

test.each(['opus', 'wav', 'mp3'] as const)(
  '[EXPORT-10] of a session that was kept as %s MP3 is made: exact length, levels unchanged, a constant bitrate that it says',
  async (format) => {
    const kept = await conversation({ session: format === 'mp3' ? false : 'stereo', format });
    for (const layout of ['stereo', 'mono'] as const)
      for (const sampleRate of [undefined, 16_000]) {
        const numChannels = layout === 'stereo' ? 2 : 1;
        const { facts, file } = await read({
          sessionId: kept.sessionId,
          layout,
          format: 'mp3',
          sampleRate,
          bitrate: 64_000,
        });
        const rate = sampleRate ?? RATE;
        expect(facts).toMatchObject({
          format: 'mp3',
          sampleRate: rate,
          numChannels,
          encoder: { codec: 'mp3', bitrate: 64_000 * numChannels, bitrateMode: 'constant', engine: 'wasm' },
        });
        const audio = await played(file, rate);
        expect(audio.numberOfChannels).toBe(numChannels);
        expect(audio.length).toBe(facts.samples);
        const bitrate = (file.byteLength * 8) / audio.duration;
        expect(Math.abs(bitrate / (64_000 * numChannels) - 1)).toBeLessThan(0.1);
        const at = (frame: number): number => Math.round((frame * rate) / RATE);
        const left = audio.getChannelData(0);
        expect(rms(left, at(SECOND + 4800), at(2 * SECOND - 4800))).toBeCloseTo(0.5 / Math.SQRT2, 2);
        if (layout === 'mono') continue;
        expect(rms(audio.getChannelData(1), at(2 * SECOND + 9600), at(3 * SECOND - 9600))).toBeCloseTo(
          0.25 / Math.SQRT2,
          2,
        );
        expect(rms(left, at(2 * SECOND + 30_000), at(3 * SECOND - 9600))).toBeLessThan(1e-3);
      }
    const stretch = await read({ sessionId: kept.sessionId, speaker: 'bot', format: 'mp3', fromMs: 2200, toMs: 2700 });
    expect((await played(stretch.file)).length).toBe(24_000);
  },
);

test('[MP3-11] of a sealed MP3 turn, whose file nobody here can put together, each chunk says what it adds at its own rate', async () => {
  const draft = sampleSegment('s');
  await startSession(db, sampleSession('s'));
  const chunks = new SegmentChunks({
    db,
    segmentId: draft.segment_id,
    format: 'mp3',
    sealed: true,
    open: () => openSegment(db, draft),
    backlog: new Backlog(),
    onError: (error) => expect.unreachable(error.message),
    onTaken: () => undefined,
    onHole: () => expect.unreachable('there is room'),
  });
  const encoder = createSegmentEncoder({
    format: 'mp3',
    sampleRate: 16_000,
    bitrate: 64_000,
    chunkMs: 60,
    onChunk: (chunk) => chunks.append(chunk),
    onError: (error) => expect.unreachable(error.message),
  });
  encoder.write(new Float32Array(16_000).fill(0.1));
  await encoder.finish();
  await chunks.all();
  const rows = await db.read(['chunks'], (tx) => tx.objectStore('chunks').getAll());
  const samples = rows.reduce((sum, row) => sum + (row.samples ?? NaN), 0);
  expect(samples).toBe(16_000);
});
