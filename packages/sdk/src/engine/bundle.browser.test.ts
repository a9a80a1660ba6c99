import { afterEach, beforeEach, expect, test } from 'vitest';
import { loudness } from '../scripted/session.ts';
import { tone, twoTaps } from '../scripted/two-taps.ts';
import { type TurntapeDatabase, openTurntapeDatabase } from '../storage/database.ts';
import { listSegments, readAudio } from '../storage/segments.ts';
import { putTranscript } from '../storage/transcripts.ts';
import { sampleTranscript } from '../upload-contract/samples.ts';
import Ajv from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import schema from '../../session.schema.json';
import { readBundle } from './files/bundle.ts';
import { readSessionFileAs } from './files/session-files.ts';

/** A session as one zip, from the database to the bytes, and against the published schema. */

let db: TurntapeDatabase;
beforeEach(async () => {
  db = await openTurntapeDatabase(`bundle-${crypto.randomUUID()}`);
});
afterEach(() => db.close());

/** The files of a zip that compresses nothing, by its central directory. */
function unzipped(zip: Uint8Array): Map<string, Uint8Array> {
  const view = new DataView(zip.buffer, zip.byteOffset, zip.length);
  let end = zip.length - 22;
  while (view.getUint32(end, true) !== 0x06054b50) end -= 1;
  const files = new Map<string, Uint8Array>();
  let at = view.getUint32(end + 16, true);
  for (let index = 0; index < view.getUint16(end + 10, true); index += 1) {
    expect(view.getUint16(at + 10, true)).toBe(0);
    const size = view.getUint32(at + 20, true);
    const nameBytes = view.getUint16(at + 28, true);
    const name = new TextDecoder().decode(zip.subarray(at + 46, at + 46 + nameBytes));
    const local = view.getUint32(at + 42, true);
    const body = local + 30 + view.getUint16(local + 26, true) + view.getUint16(local + 28, true);
    files.set(name, zip.subarray(body, body + size));
    at += 46 + nameBytes + view.getUint16(at + 30, true) + view.getUint16(at + 32, true);
  }
  return files;
}

async function bundleOf(sessionId: string, format: 'opus' | 'wav'): Promise<Map<string, Uint8Array>> {
  const { bytes } = await readBundle(db, { sessionId, layout: 'stereo', format, bitrate: 32_000 });
  const pieces: Uint8Array<ArrayBuffer>[] = [];
  for await (const piece of bytes) pieces.push(piece.slice());
  return unzipped(new Uint8Array(await new Blob(pieces).arrayBuffer()));
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
