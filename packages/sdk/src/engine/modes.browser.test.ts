import { afterEach, beforeEach, expect, test } from 'vitest';
import { toPcm16 } from '../codecs/wav.ts';
import { BLOCK_FRAMES } from '../core/messages/audio-setup.ts';
import { typedPort } from '../core/messages/ports.ts';
import {
  type TapCommand,
  type TapMessage,
  tapCommandTransferables,
  tapTransferables,
} from '../core/messages/tap-engine.ts';
import type { Speaker } from '../core/turn.ts';
import { type TurntapeDatabase, openTurntapeDatabase } from '../storage/database.ts';
import { createOutbox } from '../storage/outbox.ts';
import { listSegments, readAudio } from '../storage/segments.ts';
import { recoverSessions } from './keeping/recovery.ts';
import { redactKept } from './redaction/redaction.ts';
import {
  MS,
  RATE,
  STARTED_MS,
  type SettingsChange,
  named,
  scriptedPipeline,
  scriptedSettings,
} from '../scripted/session.ts';
import { sha256Hex } from './keeping/sha256.ts';

/** Mute, the ways to cut turns, and redaction: every sample is known, so that each can be looked for. */

/** Sample of a frame: loud, and with the seven after it found nowhere else. */
function voiceAt(frame: number): number {
  let hash = Math.imul(frame + 1, 2_654_435_761);
  hash = Math.imul(hash ^ (hash >>> 15), 2_246_822_519);
  hash = (hash ^ (hash >>> 13)) >>> 16;
  return (frame % 2 === 0 ? 1 : -1) * (0.2 + (hash / 65_536) * 0.5);
}

const pcmAt = (frame: number): number => toPcm16(Math.fround(voiceAt(frame)));

let db: TurntapeDatabase;
beforeEach(async () => {
  db = await openTurntapeDatabase(`modes-${crypto.randomUUID()}`);
});
afterEach(() => db.close());

async function scripted(change: SettingsChange = {}) {
  const sessionId = crypto.randomUUID();
  const settings = scriptedSettings(sessionId, { bargeIn: { mode: 'off' }, ...change });
  const { pipeline, facts } = await scriptedPipeline(db, settings);
  const frames = { user: 0, bot: 0 };
  const tap = (speaker: Speaker) => {
    const { port1, port2 } = new MessageChannel();
    const at = { speaker, clockId: 1, clockRate: RATE, plays: false };
    const boundaries = speaker === 'user' ? 'none' : 'manual';
    pipeline.connectTap({ ...at, boundaries, port: typedPort<TapCommand, TapMessage>(port1, tapCommandTransferables) });
    const port = typedPort<TapMessage, TapCommand>(port2, tapTransferables);
    port.receive((command) => {
      if (command.type === 'stop') port.send({ type: 'stopped', endFrame: frames[speaker] });
      // It says that it is mute and goes on to send what it hears: what follows is the engine's own guard.
      if (command.type === 'mute') port.send({ type: 'muted', muteId: command.muteId, frame: frames[speaker] });
    });
    return port;
  };
  const taps = new Map<Speaker, ReturnType<typeof tap>>([['user', tap('user')]]);
  const settled = (speaker: Speaker) =>
    expect.poll(() => facts.findLast((fact) => fact.type === 'level' && fact.event.speaker === speaker)).toBeTruthy();
  return {
    sessionId,
    pipeline,
    facts,
    frames,
    addBot: () => taps.set('bot', tap('bot')),
    /** Plays whole blocks of about `ms` of voice, or of silence, and waits until the engine has them. */
    hear: async (ms: number, loud: boolean, speaker: Speaker = 'user') => {
      const port = taps.get(speaker);
      for (const end = frames[speaker] + ms * MS; frames[speaker] < end; frames[speaker] += BLOCK_FRAMES) {
        const from = frames[speaker];
        const samples = Float32Array.from({ length: BLOCK_FRAMES }, (_, i) => (loud ? voiceAt(from + i) : 0));
        const wallMs = STARTED_MS + (from / RATE) * 1000;
        port?.send({ type: 'block', startFrame: from, wallMs, samples });
      }
      await settled(speaker);
      const level = (frames[speaker] / MS - 50).toFixed(0);
      await expect
        .poll(() => {
          const last = facts.findLast((fact) => fact.type === 'level' && fact.event.speaker === speaker);
          return last?.type === 'level' ? last.event.atMs : 0;
        })
        .toBeGreaterThanOrEqual(Number(level));
    },
  };
}

async function pcmOf(segmentId: string): Promise<Int16Array> {
  return new Int16Array((await readAudio(db, segmentId))!.slice(44));
}

/** Compares a file with what was said: silent frames are given, all others are the voice, bit for bit. */
function expectVoice(pcm: Int16Array, start: number, silent: (frame: number) => boolean): void {
  const wrong = pcm.findIndex((sample, index) => sample !== (silent(start + index) ? 0 : pcmAt(start + index)));
  expect(wrong === -1 ? 'as it was said' : `frame ${start + wrong} is ${pcm[wrong]}`).toBe('as it was said');
}

/** True when any buffer holds eight samples in a row of these frames. */
function holdsVoice(buffers: readonly ArrayBuffer[], from: number, to: number): boolean {
  const heads = new Map<number, number[]>();
  for (let frame = from; frame + 8 <= to; frame += 1)
    heads.set(pcmAt(frame), [...(heads.get(pcmAt(frame)) ?? []), frame]);
  return buffers.some((buffer) => {
    const samples = new Int16Array(buffer, 0, Math.floor(buffer.byteLength / 2));
    return samples.some((sample, at) =>
      heads.get(sample)?.some((frame) => [1, 2, 3, 4, 5, 6, 7].every((i) => samples[at + i] === pcmAt(frame + i))),
    );
  });
}

const everything = () =>
  db.read(['chunks', 'audio'], async (tx) => [
    ...(await tx.objectStore('chunks').getAll()).map((row) => row.bytes),
    ...(await tx.objectStore('audio').getAll()).map((row) => row.bytes),
  ]);

test('[MUTE-1] from the frame it names a mute is silence in the file, a mark and never a gap; the turn goes on', async () => {
  const { sessionId, pipeline, facts, frames, hear } = await scripted();
  await hear(1000, true);
  const muted = await pipeline.mute(true);
  const from = frames.user;
  expect(muted).toEqual({ muted: true, epoch: 0, frame: from, atMs: from / MS });
  await hear(400, true);
  const to = frames.user;
  expect(await pipeline.mute(false)).toMatchObject({ muted: false, frame: to });
  await hear(1000, true);
  await hear(1500, false);
  await pipeline.stop('session_stop');
  expect(named(facts, 'gap')).toEqual([]);
  expect(named(facts, 'mute').map((fact) => fact.event.muted)).toEqual([true, false]);
  const [segment, ...more] = await listSegments(db, sessionId);
  expect(more).toEqual([]);
  expect(segment!.gaps).toEqual([]);
  const start = segment!.start_frame;
  expect(segment!.marks).toEqual([{ start_ms: (from - start) / MS, end_ms: (to - start) / MS, kind: 'mute' }]);
  const spoken = to + Math.ceil((1000 * MS) / BLOCK_FRAMES) * BLOCK_FRAMES;
  expectVoice(await pcmOf(segment!.segment_id), start, (at) => (at >= from && at < to) || at >= spoken);
});

test('[MUTE-2] what is said while muted is no turn, and is in no chunk and no pre-roll', async () => {
  const { sessionId, pipeline, facts, frames, hear } = await scripted();
  await hear(500, false);
  await pipeline.mute(true);
  const from = frames.user;
  await hear(2000, true);
  await pipeline.mute(false);
  const to = frames.user;
  await hear(1000, true);
  await hear(1500, false);
  expect(holdsVoice(await everything(), from, to)).toBe(false);
  // Its chunk is on its way.
  await expect.poll(async () => holdsVoice(await everything(), to, to + 4800)).toBe(true);
  await pipeline.stop('session_stop');
  expect(named(facts, 'client_vad_start')).toHaveLength(1);
  const [segment] = await listSegments(db, sessionId);
  // The pre-roll of the turn reaches into the mute: it is silent there, and says so.
  expect(segment!.start_frame).toBeLessThan(to);
  expect(segment!.marks).toEqual([{ start_ms: 0, end_ms: (to - segment!.start_frame) / MS, kind: 'mute' }]);
  expect(holdsVoice(await everything(), from, to)).toBe(false);
});

test('[MUTE-3] a mute that is still on when the tab dies is a mark of the recovered file', async () => {
  const { sessionId, pipeline, frames, hear } = await scripted({ turns: { mode: 'continuous' } });
  await hear(500, true);
  await pipeline.mute(true);
  const from = frames.user;
  await hear(500, true);
  await expect.poll(() => db.read(['chunks'], (tx) => tx.objectStore('chunks').count())).toBeGreaterThan(14);
  await recoverSessions(db, (error) => expect.unreachable(error.message));
  const [segment] = await listSegments(db, sessionId);
  expect(segment!.marks).toEqual([{ start_ms: from / MS, end_ms: segment!.duration_ms, kind: 'mute' }]);
  await pipeline.stop('session_stop').catch(() => undefined);
});

test('[MODE-1] continuous: consecutive segments hold every frame from the first to the last, once', async () => {
  const { sessionId, pipeline, facts, frames, hear } = await scripted({
    turns: { mode: 'continuous', maxSegmentMs: 1000 },
  });
  await hear(1500, true);
  const quiet = frames.user;
  await hear(1500, false);
  await hear(1234, true);
  await pipeline.stop('session_stop');
  expect(named(facts, 'error')).toEqual([]);
  const segments = await listSegments(db, sessionId);
  expect(segments.map((segment) => segment.part)).toEqual([1, 2, 3, 4, 5]);
  expect(segments.map((segment) => segment.is_last)).toEqual([false, false, false, false, true]);
  expect(new Set(segments.map((segment) => segment.turn_id)).size).toBe(1);
  let frame = 0;
  for (const segment of segments) {
    expect(segment.start_frame).toBe(frame);
    const pcm = await pcmOf(segment.segment_id);
    expectVoice(pcm, frame, (at) => at >= quiet && at < quiet * 2);
    frame += pcm.length;
    expect(segment.end_frame).toBe(frame);
  }
  expect(frame).toBe(frames.user);
});

test('[MODE-2] push-to-talk: not a byte before the key, and the file is what was heard between key down and key up, to the frame', async () => {
  const { sessionId, pipeline, frames, hear } = await scripted({ vad: null });
  await hear(2000, true);
  const stores = ['segments', 'chunks', 'audio'] as const;
  const rows = () =>
    db.read([...stores], async (tx) => Promise.all(stores.map((name) => tx.objectStore(name).count())));
  expect(await rows()).toEqual([0, 0, 0]);
  // The key goes down 7.5 ms after the last frame that the engine has.
  const key = frames.user + 7.5 * MS;
  const wallMs = STARTED_MS + key / MS;
  pipeline.say({ type: 'turn-start', speaker: 'user', turnId: crypto.randomUUID(), wallMs });
  await hear(1000, true);
  // Released 4 ms after the last frame that is here: its audio is still to come.
  const up = frames.user + 4 * MS;
  pipeline.say({ type: 'turn-end', speaker: 'user', wallMs: STARTED_MS + up / MS });
  await hear(1000, true);
  await pipeline.stop('session_stop');
  const [segment, ...more] = await listSegments(db, sessionId);
  expect(more).toEqual([]);
  expect(segment).toMatchObject({ start_frame: key, end_frame: up, end_reason: 'manual', speech_onset_ms: 0 });
  expectVoice(await pcmOf(segment!.segment_id), key, () => false);
  expect(holdsVoice(await everything(), 0, key)).toBe(false);
});

/** One turn of 1.5 s of voice, kept as WAV, and the range of it that is to go. */
async function keptTurn() {
  const script = await scripted();
  await script.hear(1500, true);
  await script.hear(1500, false);
  await script.pipeline.stop('session_stop');
  const [segment] = await listSegments(db, script.sessionId);
  return { ...script, segment: segment!, range: { fromMs: 600, toMs: 900.5 } };
}

test('[REDACT-5] a kept file is rewritten under its own id: exact in samples, new hash, a mark, one outbox item', async () => {
  const { sessionId, segment, range } = await keptTurn();
  const before = await pcmOf(segment.segment_id);
  const rewritten: string[] = [];
  const result = await redactKept(db, sessionId, range, (each) => rewritten.push(each.segment_id));
  expect(result).toEqual({ ...range, segments: [{ segmentId: segment.segment_id, replaces: null }], missing: [] });
  expect(rewritten).toEqual([segment.segment_id]);
  const [after, ...more] = await listSegments(db, sessionId);
  expect(more).toEqual([]);
  const pcm = await pcmOf(segment.segment_id);
  const [from, to] = [range.fromMs * MS, range.toMs * MS];
  expect(pcm).toEqual(before.map((sample, at) => (at >= from && at < to ? 0 : sample)));
  const start = segment.start_frame / MS;
  const audio = (await readAudio(db, segment.segment_id))!;
  expect(after).toEqual({
    ...segment,
    sha256: await sha256Hex(new Uint8Array(audio)),
    byte_size: audio.byteLength,
    marks: [{ start_ms: range.fromMs - start, end_ms: range.toMs - start, kind: 'redaction' }],
    kept_at: expect.any(Number),
  });
  expect(after!.sha256).not.toBe(segment.sha256);
  const items = (await createOutbox(db).items()).filter((item) => item.payload.kind === 'segment');
  expect(items.map((item) => item.payload)).toEqual([
    expect.objectContaining({ segment: expect.objectContaining({ sha256: after!.sha256 }) }),
  ]);
  expect(holdsVoice(await everything(), from, to)).toBe(false);
  // Asked again, there is nothing left to do.
  expect((await redactKept(db, sessionId, range, () => expect.unreachable())).segments).toEqual([]);
});

test.each(['sent', 'acknowledged', 'failed', 'held ready for the exit of a page'] as const)(
  '[REDACT-6] a file that was %s becomes a new segment that replaces it; the old one is gone from here',
  async (fate) => {
    const { sessionId, segment, range } = await keptTurn();
    const outbox = createOutbox(db);
    const item = (await outbox.items()).find((each) => each.payload.kind === 'segment')!;
    if (fate === 'sent') await outbox.sent(item);
    if (fate === 'held ready for the exit of a page') expect(await outbox.mayLeave(item)).toBe(true);
    if (fate === 'acknowledged') await outbox.acknowledged(item, undefined);
    if (fate === 'failed') await outbox.failed(item, { code: 'network', message: 'gone', retryable: true });
    const { segments } = await redactKept(db, sessionId, range, () => undefined);
    expect(segments).toEqual([{ segmentId: expect.any(String), replaces: segment.segment_id }]);
    const [after, ...more] = await listSegments(db, sessionId);
    expect(more).toEqual([]);
    expect(after).toMatchObject({ replaces: segment.segment_id, state: 'kept', turn_id: segment.turn_id });
    expect(after!.segment_id).not.toBe(segment.segment_id);
    expect(await readAudio(db, segment.segment_id)).toBeUndefined();
    // Who would hold it ready now hears that it is gone.
    expect(await outbox.mayLeave(item)).toBe(false);
    const waiting = (await outbox.items()).filter((each) => each.payload.kind === 'segment');
    expect(waiting.map((each) => each.payload)).toEqual([
      expect.objectContaining({ segment: expect.objectContaining({ replaces: segment.segment_id }) }),
    ]);
    expect(holdsVoice(await everything(), range.fromMs * MS, range.toMs * MS)).toBe(false);
  },
);

test('[REDACT-7] while somebody sends, a kept file takes a new id: what is on its way cannot meet other bytes', async () => {
  const { sessionId, segment, range } = await keptTurn();
  await navigator.locks.request('turntape:uploader', async () => {
    const { segments } = await redactKept(db, sessionId, range, () => undefined);
    expect(segments).toEqual([{ segmentId: expect.any(String), replaces: segment.segment_id }]);
  });
});

test.each(['wav', 'opus'] as const)(
  '[REDACT-8] an open %s turn: its chunks are silent at once, its file to the end, with its mark and its length',
  async (format) => {
    const { sessionId, pipeline, facts, frames, hear } = await scripted({ format });
    await hear(2000, true);
    const [from, to] = [900 * MS, 1500 * MS];
    // Chunks of 40 ms: the range and more is in the database.
    await expect.poll(async () => (await everything()).length).toBeGreaterThan(26);
    if (format === 'wav') expect(holdsVoice(await everything(), from, to)).toBe(true);
    await pipeline.redact({ fromMs: 900, toMs: 1500 });
    expect(holdsVoice(await everything(), from, to)).toBe(false);
    await hear(500, true);
    const said = frames.user;
    await hear(1500, false);
    await pipeline.stop('session_stop');
    expect(named(facts, 'error')).toEqual([]);
    const [segment] = await listSegments(db, sessionId);
    const start = segment!.start_frame;
    expect(segment!.marks).toEqual([{ start_ms: 900 - start / MS, end_ms: 1500 - start / MS, kind: 'redaction' }]);
    if (format === 'wav') {
      const pcm = await pcmOf(segment!.segment_id);
      expectVoice(pcm, start, (at) => (at >= from && at < to) || at >= said);
    } else {
      const audio = (await readAudio(db, segment!.segment_id))!;
      const decoded = await new OfflineAudioContext(1, 1, RATE).decodeAudioData(audio.slice(0));
      expect(decoded.length).toBe(segment!.end_frame - start);
      const inRange = decoded.getChannelData(0).subarray(from - start, to - start);
      expect(Math.max(...inRange.map(Math.abs))).toBeLessThan(0.001);
    }
  },
);

test('[REDACT-9] audio that was only in memory is silent too: a pre-roll that reaches it, and what is still to come', async () => {
  const { sessionId, pipeline, frames, hear } = await scripted({ vad: null });
  await hear(1000, true);
  await pipeline.redact({ fromMs: 500, toMs: 1300 });
  pipeline.say({ type: 'turn-start', speaker: 'user', turnId: crypto.randomUUID() });
  const start = frames.user;
  await hear(1000, true);
  pipeline.say({ type: 'turn-end', speaker: 'user' });
  await pipeline.stop('session_stop');
  const [segment] = await listSegments(db, sessionId);
  expectVoice(await pcmOf(segment!.segment_id), start, (at) => at < 1300 * MS);
  expect(segment!.marks).toEqual([{ start_ms: 0, end_ms: expect.closeTo(1300 - start / MS), kind: 'redaction' }]);
});

test('[REDACT-10] one speaker’s redaction leaves the other’s file alone', async () => {
  const { sessionId, pipeline, frames, addBot, hear } = await scripted({ turns: { mode: 'continuous' } });
  addBot();
  await hear(100, true);
  await hear(100, true, 'bot');
  pipeline.say({ type: 'turn-start', speaker: 'bot', turnId: crypto.randomUUID() });
  const start = frames.bot;
  await hear(1000, true);
  await hear(1000, true, 'bot');
  await pipeline.redact({ fromMs: 300, toMs: 600, speaker: 'bot' });
  await pipeline.stop('session_stop');
  const segments = await listSegments(db, sessionId);
  const of = (speaker: Speaker) => segments.find((segment) => segment.speaker === speaker)!;
  expectVoice(await pcmOf(of('user').segment_id), 0, () => false);
  expect(of('user').marks).toEqual([]);
  expectVoice(await pcmOf(of('bot').segment_id), start, (at) => at >= 300 * MS && at < 600 * MS);
  await redactKept(db, sessionId, { fromMs: 0, toMs: 50, speaker: 'user' }, () => undefined);
  expectVoice(await pcmOf(of('user').segment_id), 0, (at) => at < 50 * MS);
});

/** Every buffer that is given to the database, for as long as the test runs. */
function watchWrites(): { buffers: ArrayBuffer[]; stop: () => void } {
  const buffers: ArrayBuffer[] = [];
  const methods = ['put', 'add'] as const;
  const real = methods.map((name) => Object.getOwnPropertyDescriptor(IDBObjectStore.prototype, name)!);
  const restore = methods.map(
    (name, index) => () => Object.defineProperty(IDBObjectStore.prototype, name, real[index]!),
  );
  for (const [index, name] of methods.entries())
    Object.defineProperty(IDBObjectStore.prototype, name, {
      configurable: true,
      value(this: IDBObjectStore, ...args: [{ bytes?: ArrayBuffer }]) {
        if (args[0].bytes) buffers.push(args[0].bytes.slice(0));
        return (real[index]!.value as typeof IDBObjectStore.prototype.put).apply(this, args);
      },
    });
  return { buffers, stop: () => restore.forEach((each) => each()) };
}

test('[REDACT-11] what is redacted within the look-back was never given to the database', async () => {
  const { sessionId, pipeline, frames, hear } = await scripted({ redactLookbackMs: 2000 });
  const { buffers, stop } = watchWrites();
  try {
    await hear(3000, true);
    const [from, to] = [1500 * MS, 2800 * MS];
    await expect.poll(() => holdsVoice(buffers, 0, 900 * MS)).toBe(true);
    await pipeline.redact({ fromMs: 1500, toMs: 2800 });
    await hear(1000, true);
    const said = frames.user;
    await hear(4000, false);
    await pipeline.stop('session_stop');
    expect(holdsVoice(buffers, from, to)).toBe(false);
    const [segment] = await listSegments(db, sessionId);
    expectVoice(await pcmOf(segment!.segment_id), segment!.start_frame, (at) => (at >= from && at < to) || at >= said);
  } finally {
    stop();
  }
});

async function madeBehind(redactLookbackMs: number) {
  const { sessionId, pipeline, hear } = await scripted({ redactLookbackMs });
  await hear(700, false);
  await hear(1000, true);
  await hear(1700, false);
  await hear(600, true);
  await pipeline.stop('session_stop');
  const segments = await listSegments(db, sessionId);
  return segments.map(({ sha256, start_frame, end_frame, end_reason }) => ({
    sha256,
    start_frame,
    end_frame,
    end_reason,
  }));
}

test('[REDACT-12] the look-back changes no file: the same turns, the same bytes, and all of it at a stop', async () => {
  const plain = await madeBehind(0);
  expect(plain).toHaveLength(2);
  expect(await madeBehind(1500)).toEqual(plain);
  expect(await madeBehind(60_000)).toEqual(plain);
});
