import { afterEach, beforeEach, expect, test } from 'vitest';
import { loudness, scriptedConversation } from '../../scripted/session.ts';
import { channelsOf, readFile, rms, tone, twoTaps } from '../../scripted/two-taps.ts';
import { type TurntapeDatabase, openTurntapeDatabase } from '../../storage/database.ts';
import { listSegments, readAudio } from '../../storage/segments.ts';
import { readSession } from '../../storage/sessions.ts';
import { putTranscript } from '../../storage/transcripts.ts';
import { sampleTranscript } from '../../upload-contract/samples.ts';
import Ajv from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import schema from '../../../session.schema.json';
import { readBundle } from './bundle.ts';
import { readSessionFileAs } from './session-files.ts';

/** A session as one zip, from the database to the bytes, and against the published schema. */

let db: TurntapeDatabase;
beforeEach(async () => {
  db = await openTurntapeDatabase(`bundle-${crypto.randomUUID()}`);
});
afterEach(() => db.close());

interface ZipEntry {
  name: string;
  /** The wall time that it bears, which has steps of two seconds, in milliseconds since 1970. */
  wallMs: number;
  body: Uint8Array;
}

/** The files of a zip that compresses nothing, by its central directory. */
function unzipped(zip: Uint8Array): ZipEntry[] {
  const view = new DataView(zip.buffer, zip.byteOffset, zip.length);
  let end = zip.length - 22;
  while (view.getUint32(end, true) !== 0x06054b50) end -= 1;
  const files: ZipEntry[] = [];
  let at = view.getUint32(end + 16, true);
  for (let index = 0; index < view.getUint16(end + 10, true); index += 1) {
    expect(view.getUint16(at + 10, true)).toBe(0);
    const [time, date] = [view.getUint16(at + 12, true), view.getUint16(at + 14, true)];
    const day = [(date >> 9) + 1980, ((date >> 5) & 15) - 1, date & 31] as const;
    const size = view.getUint32(at + 20, true);
    const nameBytes = view.getUint16(at + 28, true);
    const name = new TextDecoder().decode(zip.subarray(at + 46, at + 46 + nameBytes));
    const local = view.getUint32(at + 42, true);
    const body = local + 30 + view.getUint16(local + 26, true) + view.getUint16(local + 28, true);
    // A zip knows no time zone.
    const wallMs = new Date(...day, time >> 11, (time >> 5) & 63, (time & 31) * 2).getTime();
    files.push({ name, wallMs, body: zip.subarray(body, body + size) });
    at += 46 + nameBytes + view.getUint16(at + 30, true) + view.getUint16(at + 32, true);
  }
  return files;
}

async function zipOf(sessionId: string, format: 'opus' | 'wav'): Promise<ZipEntry[]> {
  const { bytes } = await readBundle(db, { sessionId, layout: 'stereo', format, bitrate: 32_000 });
  const pieces: Uint8Array<ArrayBuffer>[] = [];
  for await (const piece of bytes) pieces.push(piece.slice());
  return unzipped(new Uint8Array(await new Blob(pieces).arrayBuffer()));
}

async function bundleOf(sessionId: string, format: 'opus' | 'wav'): Promise<Map<string, Uint8Array>> {
  return new Map((await zipOf(sessionId, format)).map(({ name, body }) => [name, body]));
}

const validate = addFormats(new Ajv({ strict: true, allErrors: true })).compile(schema);

test.each([
  ['stereo', 'opus'],
  [false, 'wav'],
] as const)(
  '[BUNDLE-1] record.session %s, %s: every file of the session is in the zip, byte for byte, and session.json is as published',
  async (session, format) => {
    const { pipeline, sessionId, play, freeze, caughtUp } = await twoTaps({
      db,
      session,
      format,
      model: loudness(0.1),
    });
    play(1024, {});
    play(1024, { user: tone(440, 0.5) });
    await caughtUp();
    freeze(3000);
    play(1024, {});
    await caughtUp();
    pipeline.say({ type: 'turn-start', speaker: 'bot', turnId: crypto.randomUUID() });
    play(1024, { bot: tone(1000, 0.25) });
    await caughtUp();
    pipeline.say({ type: 'turn-end', speaker: 'bot' });
    play(512, {});
    await pipeline.stop('session_stop');
    await putTranscript(db, { ...sampleTranscript(sessionId), session_id: sessionId });

    const files = await bundleOf(sessionId, format);
    const [first, ...rest] = [...files.keys()];
    expect(first).toBe('session.json');
    const about = JSON.parse(new TextDecoder().decode(files.get('session.json'))) as {
      segments: { segment_id: string; file: string }[];
      session_file: { file: string; channels: string[] } | null;
    };
    expect(validate(about), JSON.stringify(validate.errors)).toBe(true);
    const kept = await listSegments(db, sessionId);
    expect(about.segments.map(({ segment_id }) => segment_id)).toEqual(kept.map(({ segment_id }) => segment_id));
    expect(kept.length).toBe(2);
    for (const { segment_id, file } of about.segments)
      expect(files.get(file)).toEqual(new Uint8Array((await readAudio(db, segment_id)) ?? new ArrayBuffer(0)));
    expect(rest).toEqual([...about.segments.map(({ file }) => file), ...(session ? ['session.opus'] : [])]);
    expect(about.session_file).toEqual(
      session ? expect.objectContaining({ file: 'session.opus', channels: ['user', 'bot'] }) : null,
    );
    if (!session) return;
    const alone = await readSessionFileAs(db, { sessionId, layout: 'stereo', format, bitrate: 32_000 });
    const pieces: Uint8Array<ArrayBuffer>[] = [];
    for await (const piece of alone.bytes) pieces.push(piece.slice());
    expect(files.get('session.opus')).toEqual(new Uint8Array(await new Blob(pieces).arrayBuffer()));
  },
);

test('[BUNDLE-1] [EXPORT-1] a turn that was never heard has no file; what nobody heard of another has one, and lies nowhere in an export', async () => {
  const it = await scriptedConversation(db, { record: { user: true, bot: true, unheardTail: true } });
  await it.pass(100);
  const [cut, waiting] = [it.say(1000), it.say(500)];
  await it.pass(400);
  await Promise.all([it.pipeline.interrupt('manual'), it.pass(1500)]);
  await it.stop();

  const files = await bundleOf(it.sessionId, 'wav');
  const { segments } = JSON.parse(new TextDecoder().decode(files.get('session.json'))) as {
    segments: { turn_id: string; file: string | null; byte_size: number; unheard_tail?: { turn_id: string } }[];
  };
  const fileOf = (turnId: string) => segments.find(({ turn_id }) => turn_id === turnId)?.file;
  const tailOf = (turnId: string) => segments.find(({ unheard_tail: tail }) => tail?.turn_id === turnId)?.file;
  expect(fileOf(waiting.turnId)).toBeNull();
  for (const name of [fileOf(cut.turnId), tailOf(cut.turnId), tailOf(waiting.turnId)])
    expect(files.get(name ?? 'none')?.length, String(name)).toBeGreaterThan(44);
  // Every name is of a file, and every file is named.
  const named = segments.flatMap(({ file }) => file ?? []);
  expect([...files.keys()].slice(1)).toEqual(named);

  const { facts, file } = await readFile(db, { sessionId: it.sessionId, speaker: 'bot' });
  const [samples] = channelsOf(file, 1);
  const end = segments.find(({ turn_id }) => turn_id === cut.turnId);
  const heard = ((files.get(end?.file ?? '')?.length ?? 0) - 44) / 2;
  expect(heard).toBeGreaterThan(300 * 48);
  expect(samples!.reduce((count, sample) => count + (sample === 0 ? 0 : 1), 0)).toBeLessThanOrEqual(heard);
  expect(rms(samples!, 600 * 48)).toBe(0);
  expect(facts.durationMs).toBeGreaterThan(1900);
});

test('[BUNDLE-2] the schema refuses a session.json with a wrong or a missing fact', async () => {
  const { pipeline, sessionId, play } = await twoTaps({ db, session: 'stereo', format: 'wav', model: loudness(0.1) });
  play(1024, { user: tone(440, 0.5) });
  await pipeline.stop('session_stop');
  const about = JSON.parse(new TextDecoder().decode((await bundleOf(sessionId, 'wav')).get('session.json'))) as {
    session: Record<string, unknown>;
    segments: Record<string, unknown>[];
  };
  expect(validate(about), JSON.stringify(validate.errors)).toBe(true);
  const { started_at: _gone, ...less } = about.session;
  expect(validate({ ...about, session: less })).toBe(false);
  expect(validate({ ...about, schema: 2 })).toBe(false);
  expect(validate({ ...about, segments: [{ ...about.segments[0], speaker: 'assistant' }] })).toBe(false);
});

test('[BUNDLE-4] the files are numbered in the order of the timeline, and each bears the time at which it began', async () => {
  const { pipeline, sessionId, play, caughtUp } = await twoTaps({
    db,
    session: 'stereo',
    format: 'wav',
    model: loudness(0.1),
  });
  for (let turn = 0; turn < 3; turn += 1) {
    play(1024, { user: tone(440, 0.5) });
    play(2048, {});
    await caughtUp();
  }
  await pipeline.stop('session_stop');
  const kept = (await listSegments(db, sessionId)).toSorted((one, other) => one.start_frame - other.start_frame);
  expect(kept).toHaveLength(3);
  const { ended_at } = (await readSession(db, sessionId))!;
  const files = await zipOf(sessionId, 'wav');
  expect(files.map(({ name }) => name)).toEqual([
    'session.json',
    ...kept.map(({ segment_id }, index) => `segments/000${index + 1}-user-${segment_id}.wav`),
    'session.wav',
  ]);
  const began = [ended_at, ...kept.map(({ started_at }) => started_at), ended_at];
  for (const [index, { name, wallMs }] of files.entries())
    expect(Math.abs(wallMs - Date.parse(began[index] ?? '')), name).toBeLessThanOrEqual(2000);
  expect(new Set(files.slice(1, 4).map(({ wallMs }) => wallMs)).size).toBe(3);
});
