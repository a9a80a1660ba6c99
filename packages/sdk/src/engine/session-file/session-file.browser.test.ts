import { afterEach, beforeEach, expect, test } from 'vitest';
import { BLOCK_FRAMES } from '../../core/messages/audio-setup.ts';
import type { FileRequest } from '../../core/messages/page-engine.ts';
import { RATE, loudness } from '../../scripted/session.ts';
import { type Plan, channelsOf, decoded, errors, readFile, rms, sine, tone, twoTaps } from '../../scripted/two-taps.ts';
import { type TurntapeDatabase, openTurntapeDatabase } from '../../storage/database.ts';
import { eraseSession } from '../../storage/erase.ts';
import { listSegments } from '../../storage/segments.ts';
import { chunksOfSession, readSessionFile } from '../../storage/session-files.ts';
import { recoverSessions } from '../keeping/recovery.ts';
import { redactKept } from '../redaction/redaction.ts';
import { mixed } from './session-layout.ts';

/** The session file, from scripted taps through a real database and encoder to the files that are made of it. */

let db: TurntapeDatabase;
beforeEach(async () => {
  db = await openTurntapeDatabase(`session-file-${crypto.randomUUID()}`);
});
afterEach(() => db.close());

const scripted = (plan: Omit<Plan, 'db'>) => twoTaps({ ...plan, db });
const read = (request: Partial<FileRequest> & { sessionId: string }) => readFile(db, request);

test('[TAPE-1] a stereo WAV has the user left and the bot right, to the sample, at unity gain, of the exact length', async () => {
  const { pipeline, sessionId, facts, play, now } = await scripted({ session: 'stereo', format: 'wav' });
  play(1024, { user: tone(440, 0.5) });
  play(1024, { bot: tone(1000, 0.25) });
  play(1024, { user: tone(440, 0.5), bot: tone(1000, 0.25) });
  await pipeline.stop('session_stop');
  expect(errors(facts)).toEqual([]);
  const { facts: file, file: bytes } = await read({ sessionId });
  expect(file).toMatchObject({ channels: ['user', 'bot'], numChannels: 2, betweenTurns: 'recorded', samples: now() });
  const [left, right] = channelsOf(bytes, 2);
  expect(left!.length).toBe(now());
  const part = 1024 * 48;
  for (let frame = 0; frame < now(); frame += 1) {
    const user = frame < part || frame >= 2 * part ? sine(440, 0.5, frame) : 0;
    const bot = frame >= part ? sine(1000, 0.25, frame) : 0;
    if (Math.abs(left![frame]! - user) > 1 / 32_000 || Math.abs(right![frame]! - bot) > 1 / 32_000)
      expect.unreachable(`frame ${frame}: ${left![frame]} ${right![frame]}, not ${user} ${bot}`);
  }
});

test('[TAPE-1] a mono file is both added up, clamped where they are too loud', async () => {
  const { pipeline, sessionId, play, now } = await scripted({ session: 'mono', format: 'wav' });
  play(512, { user: (_frame, samples) => samples.fill(0.25), bot: (_frame, samples) => samples.fill(0.5) });
  play(512, { user: (_frame, samples) => samples.fill(0.75), bot: (_frame, samples) => samples.fill(0.5) });
  await pipeline.stop('session_stop');
  const { facts, file } = await read({ sessionId, layout: 'mono' });
  expect(facts).toMatchObject({ channels: ['mix'], numChannels: 1, samples: now() });
  const [mix] = channelsOf(file, 1);
  expect(mix![0]).toBe(0.75);
  expect(mix!.at(-1)).toBe(32_767 / 32_768);
  expect(new Set(mix)).toEqual(new Set([0.75, 32_767 / 32_768]));
  // Before it is encoded, whatever the encoder would make of more.
  expect([...mixed(Float32Array.of(0.75, -0.75), Float32Array.of(0.5, -0.5))]).toEqual([1, -1]);
});

test('[TAPE-2] an Opus session file is passed through: two mono streams, each speaker silent in the other’s', async () => {
  const { pipeline, sessionId, facts, play, now } = await scripted({ session: 'stereo', format: 'opus' });
  play(1536, { user: tone(440, 0.5) });
  play(1536, { bot: tone(1000, 0.25) });
  play(777, { user: tone(440, 0.5), bot: tone(1000, 0.25) });
  await pipeline.stop('session_stop');
  expect(errors(facts)).toEqual([]);
  const { facts: made, file } = await read({ sessionId, format: 'opus' });
  expect(made).toMatchObject({ samples: now(), encoder: { passedThrough: true } });
  const audio = await decoded(file);
  expect(audio.length).toBe(now());
  const [left, right] = [audio.getChannelData(0), audio.getChannelData(1)];
  const part = 1536 * 48;
  // Unity gain: a sine of amplitude a has an RMS of a/√2.
  expect(rms(left, 4800, part - 4800)).toBeCloseTo(0.5 / Math.SQRT2, 2);
  expect(rms(right, part + 4800, 2 * part - 4800)).toBeCloseTo(0.25 / Math.SQRT2, 2);
  expect(rms(right, 0, part - 960)).toBeLessThan(1e-6);
  expect(rms(left, part + 30_000, 2 * part - 960)).toBeLessThan(1e-6);
  expect(rms(left, 2 * part + 4800)).toBeCloseTo(0.5 / Math.SQRT2, 2);
});

test('[TAPE-3] a conversation of which one side never sounds, or is not there, is saved', async () => {
  for (const speakers of [['user'], ['bot'], ['user', 'bot']] as const) {
    const { pipeline, sessionId, play, now } = await scripted({ session: 'stereo', format: 'opus', speakers });
    play(2048, { [speakers[0]]: tone(440, 0.5) });
    await pipeline.stop('session_stop');
    const { file, facts } = await read({ sessionId, format: 'opus' });
    expect(facts.samples).toBe(now());
    const audio = await decoded(file);
    const loud = speakers[0] === 'user' ? 0 : 1;
    expect(rms(audio.getChannelData(loud), 4800)).toBeGreaterThan(0.3);
    expect(rms(audio.getChannelData(1 - loud))).toBeLessThan(1e-6);
  }
});

test('[TAPE-16] whose turns become segments changes nothing in the session file: both are in it, in every combination', async () => {
  for (const session of ['stereo', 'mono'] as const)
    for (const record of [
      { user: true, bot: true },
      { user: true, bot: false },
      { user: false, bot: true },
      { user: false, bot: false },
    ]) {
      const model = loudness(0.1);
      const { pipeline, sessionId, play, caughtUp, now } = await scripted({ session, format: 'wav', record, model });
      play(512, { user: tone(440, 0.5) });
      await caughtUp();
      pipeline.say({ type: 'turn-start', speaker: 'bot', turnId: crypto.randomUUID() });
      play(512, { bot: tone(1000, 0.25) });
      await caughtUp();
      pipeline.say({ type: 'turn-end', speaker: 'bot' });
      await pipeline.stop('session_stop');
      const kept = (await listSegments(db, sessionId)).map(({ speaker }) => speaker);
      expect(kept.toSorted()).toEqual((['bot', 'user'] as const).filter((speaker) => record[speaker]));
      const { facts, file } = await read({ sessionId, layout: session });
      expect(facts).toMatchObject({ betweenTurns: 'recorded', samples: now() });
      const channels = channelsOf(file, facts.numChannels);
      const half = 512 * 48;
      expect(rms(channels[0]!, 0, half)).toBeCloseTo(0.5 / Math.SQRT2, 3);
      expect(rms(channels.at(-1)!, half, 2 * half)).toBeCloseTo(0.25 / Math.SQRT2, 3);
    }
});

test('[TAPE-4] a context that stands still, lost blocks and a mute are silence of the right length, and written down', async () => {
  const { pipeline, sessionId, play, lose, freeze, now, caughtUp } = await scripted({
    session: 'stereo',
    format: 'wav',
  });
  const both = { user: tone(440, 0.5), bot: tone(1000, 0.25) };
  play(1024, both);
  lose(9);
  play(1024, both);
  await caughtUp();
  freeze(5000);
  play(1024, both);
  await caughtUp();
  const { atMs } = await pipeline.mute(true);
  play(512, { bot: both.bot });
  await caughtUp();
  await pipeline.mute(false);
  play(1024, both);
  await pipeline.stop('session_stop');
  const { file, facts } = await read({ sessionId });
  const [left, right] = channelsOf(file, 2);
  expect(left!.length).toBe(now());
  // At the very end, behind all of it, every frame is in its place.
  for (const frame of [now() - 1000, now() - 500, now() - 1]) {
    expect(left![frame]).toBeCloseTo(sine(440, 0.5, frame), 3);
    expect(right![frame]).toBeCloseTo(sine(1000, 0.25, frame), 3);
  }
  expect(rms(left!, 49_152, 49_152 + 9 * BLOCK_FRAMES)).toBe(0);
  expect(facts.gaps.map(({ cause, startMs, endMs }) => [cause, startMs, Math.round(endMs - startMs)])).toEqual([
    ['blocks_lost', 1024, 96],
    ['blocks_lost', 1024, 96],
    ['context_suspended', 2144, 5000],
  ]);
  expect(facts.marks).toEqual([{ speaker: 'user', kind: 'mute', startMs: atMs, endMs: atMs + 512 }]);
  // Of a stretch: what lies in it, from its own beginning.
  const { facts: part } = await read({ sessionId, fromMs: 2000, toMs: 4000 });
  expect(part.gaps.map(({ cause, startMs, endMs }) => [cause, Math.round(startMs), Math.round(endMs)])).toEqual([
    ['context_suspended', 144, 2000],
  ]);
});

test('[TAPE-5] digital silence takes no room: ten minutes of standstill are a handful of chunks', async () => {
  const { pipeline, facts, sessionId, play, freeze, now, caughtUp } = await scripted({
    session: 'stereo',
    format: 'opus',
  });
  play(1024, { user: tone(440, 0.5) });
  await caughtUp();
  freeze(600_000);
  play(1024, { user: tone(440, 0.5), bot: tone(1000, 0.25) });
  await caughtUp();
  await pipeline.stop('session_stop');
  expect(await db.read(['session_chunks'], (tx) => tx.objectStore('session_chunks').count())).toBeLessThan(60);
  expect(errors(facts)).toEqual([]);
  expect(now()).toBe(2048 * 48 + 600 * RATE);
  expect((await readSessionFile(db, sessionId))?.samples).toBe(now());
  const { file } = await read({ sessionId, fromMs: 600_000, toMs: 602_048 });
  const [left, right] = channelsOf(file, 2);
  expect(rms(left!, 0, 48_192)).toBe(0);
  expect(rms(left!, 54_000)).toBeGreaterThan(0.3);
  expect(rms(right!, 54_000)).toBeGreaterThan(0.15);
});

test('[TAPE-6] after a crash the file is what was committed: within 100 ms of the last block', async () => {
  for (const format of ['opus', 'wav'] as const) {
    const { pipeline, sessionId, play, now, caughtUp } = await scripted({ session: 'stereo', format });
    play(4096, { user: tone(440, 0.5), bot: tone(1000, 0.25) });
    await caughtUp();
    await expect
      .poll(() => db.read(['session_chunks'], (tx) => tx.objectStore('session_chunks').count()))
      .toBeGreaterThanOrEqual(2 * 66);
    // The tab dies here. Nobody finishes anything.
    expect(await recoverSessions(db, (error) => expect.unreachable(error.message))).toEqual([sessionId]);
    expect(await readSessionFile(db, sessionId)).toMatchObject({
      state: 'recovered',
      encoder: { engine: expect.any(String) },
    });
    const { facts, file } = await read({ sessionId, format });
    expect(facts.samples).toBeGreaterThan(now() - 4800 - 960);
    expect(facts.samples).toBeLessThanOrEqual(now());
    const audio = await decoded(file);
    expect(audio.length).toBe(facts.samples);
    expect(rms(audio.getChannelData(0), 4800)).toBeGreaterThan(0.3);
    await pipeline.stop('session_stop').catch(() => undefined);
    await eraseSession(db, sessionId);
  }
});

test.each(['opus', 'wav'] as const)(
  '[TAPE-8] a redaction silences one speaker in the %s file: what is kept, what is on its way, and what is still to come',
  async (format) => {
    const { pipeline, sessionId, play, caughtUp } = await scripted({ session: 'stereo', format });
    const both = { user: tone(440, 0.5), bot: tone(1000, 0.25) };
    play(2048, both);
    await caughtUp();
    const range = { fromMs: 1000, toMs: 2500, speaker: 'user' } as const;
    await pipeline.redact(range);
    await redactKept(db, sessionId, range, () => undefined);
    play(2048, both);
    await pipeline.stop('session_stop');
    const later = { fromMs: 3000, toMs: 3500, speaker: 'bot' } as const;
    await redactKept(db, sessionId, later, () => undefined);
    const { facts, file } = await read({ sessionId, format });
    const audio = await decoded(file);
    const [left, right] = [audio.getChannelData(0), audio.getChannelData(1)];
    expect(rms(left, RATE, 2.5 * RATE)).toBeLessThan(1e-6);
    expect(rms(right, RATE, 2.5 * RATE)).toBeGreaterThan(0.15);
    expect(rms(left, 0.2 * RATE, 0.9 * RATE)).toBeGreaterThan(0.3);
    expect(rms(left, 2.8 * RATE, 4 * RATE)).toBeGreaterThan(0.3);
    expect(rms(right, 3 * RATE, 3.5 * RATE)).toBeLessThan(1e-6);
    expect(facts.marks).toEqual([
      { speaker: 'user', kind: 'redaction', startMs: 1000, endMs: 2500 },
      { speaker: 'bot', kind: 'redaction', startMs: 3000, endMs: 3500 },
    ]);
  },
);

test('[TAPE-9] what is redacted within the look-back never reaches a chunk of the session file', async () => {
  const { pipeline, sessionId, play, caughtUp } = await scripted({
    session: 'stereo',
    format: 'wav',
    redactLookbackMs: 5000,
  });
  play(2048, { user: tone(440, 0.5) });
  await caughtUp();
  expect(await db.read(['session_chunks'], (tx) => tx.objectStore('session_chunks').count())).toBe(0);
  await pipeline.redact({ fromMs: 0, toMs: 2048 });
  play(6144, { user: tone(440, 0.5) });
  await pipeline.stop('session_stop');
  const [left] = channelsOf((await read({ sessionId })).file, 2);
  expect(rms(left!, 0, 2048 * 48)).toBe(0);
  expect(rms(left!, 2048 * 48)).toBeGreaterThan(0.3);
});

test('[TAPE-15] where audio is encrypted on the device the session file is, too, and is exported and redacted all the same', async () => {
  const { pipeline, sessionId, facts, play, caughtUp } = await scripted({
    session: 'stereo',
    format: 'wav',
    encryption: { readableBy: 'device' },
  });
  play(2048, { user: (_frame, samples) => samples.fill(0.25) });
  await caughtUp();
  const range = { fromMs: 500, toMs: 600 };
  await pipeline.redact(range);
  await redactKept(db, sessionId, range, () => undefined);
  await pipeline.stop('session_stop');
  expect(errors(facts)).toEqual([]);
  const rows = await db.read(['session_chunks'], (tx) => tx.objectStore('session_chunks').getAll());
  expect(rows.length).toBeGreaterThan(30);
  expect(rows.every((row) => row.encrypted)).toBe(true);
  const [left] = channelsOf((await read({ sessionId })).file, 2);
  expect(new Set(left!.subarray(0, 500 * 48))).toEqual(new Set([0.25]));
  expect(new Set(left!.subarray(500 * 48, 600 * 48))).toEqual(new Set([0]));
  expect(new Set(left!.subarray(600 * 48))).toEqual(new Set([0.25]));
});

test('[TAPE-10] erasing a session erases its file, and what still comes for it is refused', async () => {
  const { pipeline, sessionId, facts, play, caughtUp } = await scripted({ session: 'stereo', format: 'wav' });
  play(1024, { user: tone(440, 0.5) });
  await caughtUp();
  await eraseSession(db, sessionId);
  play(1024, { user: tone(440, 0.5) });
  await pipeline.stop('session_stop').catch(() => undefined);
  expect(
    await db.read(['session_chunks'], (tx) => tx.objectStore('session_chunks').count(chunksOfSession(sessionId))),
  ).toBe(0);
  expect(await readSessionFile(db, sessionId)).toBeUndefined();
  expect(errors(facts).length).toBeGreaterThan(0);
});

/** By `pnpm test:long`, which asks for the hour. Vite puts its variables here. */
const asked = (import.meta as { env?: Record<string, string | undefined> }).env?.['VITE_TURNTAPE_LONG'];
const LENGTHS: [string, number][] = asked ? [['@long an hour', 60]] : [['two minutes', 2]];

/** Clicks of both speakers in one frame, once a second, on a track that stands still, loses blocks and is muted. */
test.each(LENGTHS)(
  '[TAPE-11] %s with stalls and mutes in it: both speakers in their place, to a millisecond',
  async (_length, minutes) => {
    const { pipeline, sessionId, facts, play, lose, freeze, now, caughtUp } = await scripted({
      session: 'stereo',
      format: 'opus',
      clockRate: 44_100,
    });
    const CLOCK = 44_100;
    // A short burst each second, loud enough to be found in Opus; between them a quiet room on both sides.
    const said: number[] = [];
    const burst = (amplitude: number) => (frame: number, samples: Float32Array) => {
      for (let i = 0; i < samples.length; i += 1) {
        const phase = (frame + i) % CLOCK;
        samples[i] = phase < 64 ? amplitude * Math.sin((Math.PI * phase) / 8) : 0.0005 * Math.sin(frame + i);
      }
    };
    for (let minute = 0; minute < minutes; minute += 1) {
      play(30_000, { user: burst(0.8), bot: burst(0.8) });
      await caughtUp();
      lose(3 + minute);
      play(10_000, { user: burst(0.8), bot: burst(0.8) });
      await caughtUp();
      freeze(1_234.5 + minute);
      play(5000, { user: burst(0.8), bot: burst(0.8) });
      await caughtUp();
      await pipeline.mute(true);
      play(5000, { user: burst(0.8), bot: burst(0.8) });
      await caughtUp();
      await pipeline.mute(false);
      said.push(now());
      play(5000, { user: burst(0.8), bot: burst(0.8) });
      await caughtUp();
    }
    await pipeline.stop('session_stop');
    expect(errors(facts)).toEqual([]);
    const { facts: file, file: opus } = await read({ sessionId, format: 'opus' });
    expect(file.samples).toBe(Math.round((now() * RATE) / CLOCK));
    expect(file.encoder).toMatchObject({ passedThrough: true });
    expect(opus.byteLength).toBeLessThan(minutes * 60 * 10_000);
    // Of each minute, the bursts after everything that happened in it, in both channels, by the decoder that a page has.
    for (const after of said) {
      const second = Math.ceil(after / CLOCK) + 1;
      const { file: wav } = await read({ sessionId, fromMs: second * 1000 - 100, toMs: second * 1000 + 900 });
      for (const channel of channelsOf(wav, 2)) {
        const loudest = channel.findIndex((sample) => Math.abs(sample) > 0.2);
        expect(Math.abs(loudest - 4800), `at ${second} s`).toBeLessThanOrEqual(RATE / 1000);
      }
    }
  },
  600_000,
);
