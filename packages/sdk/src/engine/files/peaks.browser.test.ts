import { afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { peaksOf, unpackPeaks } from '../../core/peaks.ts';
import { isSealed } from '../../core/seal.ts';
import type { SegmentWire, SessionWire } from '../../core/wire.ts';
import { RATE, scriptedConversation } from '../../scripted/session.ts';
import { createSealer, sealFile } from '../../sealing/sealer.ts';
import { generateSealKeys } from '../../sealing/unseal.ts';
import { type TurntapeDatabase, openTurntapeDatabase } from '../../storage/database.ts';
import { eraseAll, eraseSession } from '../../storage/erase.ts';
import { keepPeaks, readPeaks } from '../../storage/peaks.ts';
import { RECORDER_DEFAULTS } from '../../page/options/options.ts';
import { sweep } from '../../storage/retention.ts';
import { type SegmentRow, toSegmentWire } from '../../storage/rows.ts';
import { keepSegment, readAudio } from '../../storage/segments.ts';
import { readSession, startSession } from '../../storage/sessions.ts';
import { makePeaks } from './make-peaks.ts';
import { redactKept } from '../redaction/redaction.ts';

/** The outline of what is kept: made while it is encoded, made again from the file, and gone when the file is. */

let db: TurntapeDatabase;
/** What was kept of a user who spoke from 0.3 to 0.8 s. */
let spoken: { session: SessionWire; segment: SegmentWire; audio: ArrayBuffer; peaks: ArrayBuffer | undefined };

beforeAll(async () => {
  db = await openTurntapeDatabase(`peaks-${crypto.randomUUID()}`);
  const { sessionId, stop, pass, segments } = await scriptedConversation(db);
  await pass(300);
  await pass(500, 0.5);
  await pass(100);
  await stop();
  const [row] = await segments();
  const session = await readSession(db, sessionId);
  const audio = await readAudio(db, row?.segment_id ?? '');
  if (!row || !session || !audio) throw new Error('Nothing was kept.');
  spoken = { session, segment: toSegmentWire(row), audio, peaks: await readPeaks(db, row.segment_id) };
  db.close();
});
beforeEach(async () => {
  db = await openTurntapeDatabase(`peaks-${crypto.randomUUID()}`);
});
afterEach(() => db.close());

/** The turn, kept in this database; `bare`: without its outline. */
async function keepTurn({ bare = false, encrypt = false } = {}): Promise<SegmentWire> {
  const { session, segment, audio, peaks } = spoken;
  await startSession(db, session, { encrypt: encrypt && 'all' });
  await keepSegment(db, segment, audio.slice(0), { peaks: bare ? undefined : peaks });
  return segment;
}

/** Everything that lies in the store. */
const stored = () => db.read(['peaks'], (tx) => tx.objectStore('peaks').getAll());

/** The finest level's swing at each 10 ms. */
const swings = (packed: ArrayBuffer | null | undefined): number[] => {
  if (!packed) throw new Error('There are no peaks.');
  const [fine] = unpackPeaks(packed).levels;
  return Array.from(fine?.max ?? [], (high, index) => (high - (fine?.min[index] ?? 0)) / 32_767);
};

test('[PEAKS-3] a turn is kept with its outline, made while it was encoded: that of the file, to its last stretch', () => {
  const file = new Int16Array(spoken.audio, 44);
  const expected = peaksOf(
    Float32Array.from(file, (sample) => sample / 32_768),
    RATE,
  );
  const [fine] = unpackPeaks(spoken.peaks ?? new ArrayBuffer(0)).levels;
  expect(fine?.max).toHaveLength(expected.levels[0]?.max.length ?? 0);
  for (const [index, high] of (fine?.max ?? []).entries())
    expect(Math.abs(high - (expected.levels[0]?.max[index] ?? 0))).toBeLessThanOrEqual(2);
  // Silence before the onset, half of full scale while it was spoken.
  expect(swings(spoken.peaks)[5]).toBe(0);
  expect(swings(spoken.peaks)[50]).toBeCloseTo(0.5, 2);
});

test('[PEAKS-4] one that has no outline gets it from its WAV file, as long as the file, and it is kept', async () => {
  const { segment_id: id } = await keepTurn({ bare: true });
  expect(await readPeaks(db, id)).toBeUndefined();
  const made = swings(await makePeaks(db, id));
  expect(made).toHaveLength(swings(spoken.peaks).length);
  expect(made[50]).toBeCloseTo(0.5, 2);
  expect(swings(await readPeaks(db, id))).toEqual(made);
  expect(await makePeaks(db, crypto.randomUUID())).toBeNull();
});

test('[PEAKS-4] the same of an Opus file', async () => {
  const { sessionId, stop, pass, segments } = await scriptedConversation(db, { format: 'opus' });
  await pass(100);
  await pass(300, 0.5);
  await stop();
  const [row] = await segments();
  const id = row?.segment_id ?? '';
  const before = swings(await readPeaks(db, id));
  await db.write(['peaks'], 'relaxed', (tx) => tx.objectStore('peaks').delete(id));
  const made = swings(await makePeaks(db, id));
  expect(made).toHaveLength(before.length);
  expect(made[2]).toBeLessThan(0.05);
  expect(made[15]).toBeGreaterThan(0.2);
  expect(sessionId).toBe(row?.session_id);
});

test('[PEAKS-5] a redaction takes the outline with it, and the new one is silent there', async () => {
  const { session_id: sessionId } = await keepTurn();
  const { segments } = await redactKept(db, sessionId, { fromMs: 400, toMs: 700 }, () => undefined);
  expect(await stored()).toEqual([]);
  const made = swings(await makePeaks(db, segments[0]?.segmentId ?? ''));
  expect(Math.max(...made.slice(41, 69))).toBe(0);
  expect(Math.max(...made)).toBeGreaterThan(0.4);
});

test('[PEAKS-5] what is redacted while it is spoken leaves no outline behind', async () => {
  const { pipeline, stop, pass, segments } = await scriptedConversation(db);
  await pass(100);
  await pass(400, 0.5);
  await pipeline.redact({ fromMs: 200, toMs: 300 });
  await stop();
  expect(await segments()).toHaveLength(1);
  expect(await stored()).toEqual([]);
});

test('[PEAKS-5] an outline of a file that has changed meanwhile, or is gone, is not kept', async () => {
  const { segment_id: segmentId, sha256 } = await keepTurn({ bare: true });
  await keepPeaks(db, { segmentId, sha256: 'another' }, new ArrayBuffer(4));
  await keepPeaks(db, { segmentId: crypto.randomUUID(), sha256 }, new ArrayBuffer(4));
  expect(await stored()).toEqual([]);
});

test('[PEAKS-5] an outline goes with its session, with everything, and with what retention lets go', async () => {
  const { session_id: sessionId, segment_id: id } = await keepTurn();
  await eraseSession(db, sessionId);
  expect(await stored()).toEqual([]);

  await keepTurn();
  await eraseAll(db);
  expect(await stored()).toEqual([]);

  await keepTurn();
  await db.write(['segments', 'sessions'], 'relaxed', async (tx) => {
    const row = await tx.objectStore('segments').get(id);
    if (row) await tx.objectStore('segments').put({ ...row, state: 'acknowledged', acknowledged_at: 1 } as SegmentRow);
    await tx.objectStore('sessions').put({ ...spoken.session, state: 'ended' });
  });
  expect((await sweep(db, { ...RECORDER_DEFAULTS.retention, keepAcknowledgedHours: 0 }, 2)).segments).toBe(1);
  expect(await stored()).toEqual([]);
});

test('[PEAKS-6] the outline of an encrypted session is encrypted, whenever it was made', async () => {
  const { segment_id: id, sha256 } = await keepTurn({ encrypt: true });
  const plain = spoken.peaks ?? new ArrayBuffer(0);
  const looksPlain = async (): Promise<boolean> =>
    (await stored()).some(({ bytes }) => bytes.byteLength === plain.byteLength);
  expect(await stored()).toHaveLength(1);
  expect(await looksPlain()).toBe(false);
  expect(swings(await readPeaks(db, id))).toEqual(swings(plain));
  await keepPeaks(db, { segmentId: id, sha256 }, plain.slice(0));
  expect(await looksPlain()).toBe(false);
  expect(swings(await readPeaks(db, id))).toEqual(swings(plain));
});

test('[PEAKS-6] of a sealed file there is none', async () => {
  const { segment_id: id } = await keepTurn({ bare: true });
  await db.write(['segments'], 'relaxed', async (tx) => {
    const row = await tx.objectStore('segments').get(id);
    const sealed = { scheme: 'a', key_id: null };
    if (row) await tx.objectStore('segments').put({ ...row, capture: { ...row.capture, sealed } });
  });
  await expect(makePeaks(db, id)).rejects.toMatchObject({ code: 'audio_sealed' });
});

test('[PEAKS-6] a session whose files are sealed while they are written leaves none behind', async () => {
  const { publicKey } = await generateSealKeys();
  const sealer = await createSealer(publicKey, null);
  const seals = { open: (facts: Parameters<typeof sealer.open>[0]) => sealer.open(facts), file: sealFile };
  const { pipeline, pass, segments } = await scriptedConversation(db, {}, seals);
  await pass(100);
  await pass(400, 0.5);
  await pipeline.stop('session_stop');
  const [row] = await segments();
  expect(isSealed(new Uint8Array((await readAudio(db, row?.segment_id ?? '')) ?? new ArrayBuffer(0)))).toBe(true);
  expect(await stored()).toEqual([]);
});
