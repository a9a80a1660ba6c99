import { afterEach, beforeEach, expect, test } from 'vitest';
import { freshDatabase } from '../../scripted/fresh-database.ts';
import { TurntapeError } from '../../core/errors.ts';
import type { SegmentWire } from '../../core/wire.ts';
import type { TurntapeDatabase } from '../../storage/database.ts';
import { eraseSession } from '../../storage/erase.ts';
import { rewriteSegment } from '../../storage/redact.ts';
import { keepSegment, listSegments } from '../../storage/segments.ts';
import { startSession } from '../../storage/sessions.ts';
import { putTranscript } from '../../storage/transcripts.ts';
import {
  sampleSegmentWithAudio,
  sampleSession,
  sampleSha256,
  sampleTranscript,
} from '../../upload-contract/samples.ts';
import type { UploadTarget } from '../../upload-contract/target.ts';
import { Delivery, type DeliveryRetryEvent, type OutboxProgress } from './delivery.ts';

let db: TurntapeDatabase;
freshDatabase((opened) => (db = opened));
let delivery: Delivery | undefined;
const progress: OutboxProgress[] = [];
const errors: TurntapeError[] = [];
const retries: DeliveryRetryEvent[] = [];
beforeEach(async () => {
  progress.length = 0;
  errors.length = 0;
  retries.length = 0;
});
afterEach(async () => {
  await delivery?.dispose();
});

function open(target: UploadTarget | undefined, paused?: boolean): Delivery {
  const news = {
    session: () => undefined,
    onProgress: (now: OutboxProgress) => progress.push(now),
    onAcknowledged: () => {},
    onRetry: (event: DeliveryRetryEvent) => retries.push(event),
    onError: (error: TurntapeError) => errors.push(error),
  };
  delivery = new Delivery(db, target, news, paused);
  return delivery;
}

async function keep(sessionId: string, fills: number[], encrypt?: 'all'): Promise<SegmentWire[]> {
  await startSession(db, sampleSession(sessionId), encrypt && { encrypt });
  const segments: SegmentWire[] = [];
  for (const fill of fills) {
    const { segment, audio } = await sampleSegmentWithAudio(sessionId, { fill });
    await keepSegment(db, segment, audio);
    segments.push(segment);
  }
  return segments;
}

async function eraseKey(sessionId: string): Promise<void> {
  await db.write(['keys'], 'relaxed', (tx) => tx.objectStore('keys').delete(sessionId));
}

/** Takes everything, or refuses it for good. */
function target(refuses: boolean): UploadTarget & { files: Map<string, string> } {
  const files = new Map<string, string>();
  return {
    files,
    send: async ({ segment_id, byte_size }, audio) => {
      if (refuses) throw new TurntapeError('rejected', 'too large', { field: 'audio' });
      const sha256 = await sampleSha256((await audio?.arrayBuffer()) ?? new ArrayBuffer(0));
      files.set(segment_id, sha256);
      return { segment_id, sha256, byte_size };
    },
    sendSession: async () => {},
  };
}

test('[SEND-26] what a backend refuses stays, and is exported to another target without leaving the outbox', async () => {
  const segments = await keep('s', [1, 2, 3]);
  const outbox = open(target(true));
  outbox.nudge();
  await expect(outbox.whenDelivered('s', undefined)).rejects.toMatchObject({ code: 'rejected', field: 'audio' });
  expect(progress.at(-1)).toMatchObject({ pending: 0, rejected: 3, acknowledgedSegments: 0 });

  const rescue = target(false);
  expect(await outbox.export(rescue)).toBe(3);
  expect(Object.fromEntries(rescue.files)).toEqual(
    Object.fromEntries(segments.map(({ segment_id, sha256 }) => [segment_id, sha256])),
  );
  expect((await outbox.items()).map(({ state, error }) => [state, error?.field])).toEqual([
    ['rejected', 'audio'],
    ['rejected', 'audio'],
    ['rejected', 'audio'],
  ]);
  expect((await listSegments(db, 's')).every(({ state }) => state === 'rejected')).toBe(true);
});

test('[SEND-26] chosen items are exported whatever their state; a failure of the other target is the caller’s', async () => {
  await keep('a', [1]);
  const [wanted] = await keep('b', [2]);
  const outbox = open(undefined);
  const rescue = target(false);
  expect(await outbox.export(rescue, { choice: 'b' })).toBe(2);
  expect(Array.from(rescue.files.keys())).toEqual([wanted?.segment_id]);
  await expect(outbox.export(target(true), { choice: 'a' })).rejects.toMatchObject({ code: 'rejected' });
  const signal = AbortSignal.abort();
  await expect(outbox.export(rescue, { choice: 'a', signal })).rejects.toMatchObject({ code: 'aborted' });
  expect(await outbox.pending()).toBe(4);
});

test('[SEND-33] what cannot be decrypted any more is rejected by name without a word to the backend, and holds nothing back', async () => {
  const [gone] = await keep('lost', [1], 'all');
  await putTranscript(db, sampleTranscript('lost', { text: 'said' }));
  await eraseKey('lost');
  const [wanted] = await keep('here', [2], 'all');
  const asked: string[] = [];
  const backend = target(false);
  const note = (sessionId: string): void => void asked.push(sessionId);
  const outbox = open({
    ...backend,
    sendSession: async ({ session_id }) => note(session_id),
    sendTranscript: async ({ session_id }) => note(session_id),
  });
  outbox.nudge();
  await outbox.whenDelivered('here', undefined);
  await expect(outbox.whenDelivered('lost', undefined)).rejects.toMatchObject({ code: 'undecryptable' });
  expect(outbox.progress).toMatchObject({ pending: 0, rejected: 3, acknowledgedSegments: 1 });
  expect([asked, Array.from(backend.files.keys())]).toEqual([['here'], [wanted?.segment_id]]);
  expect(errors).toEqual([]);
  // Listed, each with its reason and its one try; the segment with its facts.
  const items = await outbox.items();
  expect(items.map(({ kind, state, attempts, error }) => [kind, state, attempts, error?.code])).toEqual(
    ['session', 'segment', 'transcript'].map((kind) => [kind, 'rejected', 1, 'undecryptable']),
  );
  expect(await listSegments(db, 'lost')).toMatchObject([{ segment_id: gone?.segment_id, state: 'rejected' }]);
  // Asked for again it comes to the same, and an export leaves it out.
  await outbox.retry('lost');
  await expect(outbox.whenDelivered('lost', undefined)).rejects.toMatchObject({ code: 'undecryptable' });
  const rescue = target(false);
  expect(await outbox.export(rescue)).toBe(0);
  expect(rescue.files.size).toBe(0);
  expect(errors.map(({ code }) => code)).toEqual(['undecryptable', 'undecryptable', 'undecryptable']);
  await eraseSession(db, 'lost');
  expect(await outbox.items()).toEqual([]);
});

test('[SEND-22] without a target items are cancelled and retried all the same', async () => {
  await keep('a', [1]);
  const outbox = open(undefined);
  await outbox.cancel('a');
  expect(await outbox.pending()).toBe(0);
  await outbox.retry('a');
  expect(await outbox.pending()).toBe(2);
});

test('[EXIT-8] what was redacted leaves with a page as it is now, under its new id', async () => {
  const before = (await keep('a', [1]))[0]!;
  const left: string[] = [];
  const outbox = open({
    send: () => new Promise(() => undefined),
    sendSession: async () => undefined,
    sendAtExit: (payload) => (payload.kind === 'segment' ? left.push(payload.segment.segment_id) : 0),
  });
  const leaving = (): string[] => {
    left.length = 0;
    outbox.sendLast();
    return left;
  };
  outbox.nudge();
  await expect.poll(leaving).toEqual([before.segment_id]);
  const newId = crypto.randomUUID();
  const audio = new ArrayBuffer(before.byte_size);
  const sha256 = await sampleSha256(audio);
  // Nobody sends, so that it would keep its id, had no page held it ready.
  await rewriteSegment(db, { before, audio, sha256, marks: [], newId, nobodySends: true });
  outbox.nudge();
  await expect.poll(leaving).toEqual([newId]);
});

test('[SEND-11] one session is paused alone, and goes on', async () => {
  await keep('a', [1]);
  await keep('b', [2]);
  const backend = target(false);
  const outbox = open(backend);
  outbox.pause('a');
  outbox.nudge();
  await outbox.whenDelivered('b', undefined);
  expect(await outbox.pending()).toBe(2);
  expect(progress.at(-1)?.paused).toBe(false);
  outbox.resume('a');
  await outbox.whenDelivered('a', undefined);
  expect(backend.files.size).toBe(2);
});

test('[SEND-35] an outbox that begins paused sends nothing of what waits or comes, nor when the page is left, until it is resumed', async () => {
  await keep('a', [1]);
  const backend = target(false);
  const asked: string[] = [];
  const outbox = open(
    {
      ...backend,
      sendSession: async ({ session_id }) => void asked.push(session_id),
      sendAtExit: (payload) => asked.push(payload.kind),
    },
    true,
  );
  await keep('b', [2]);
  outbox.nudge();
  await expect.poll(() => outbox.progress?.pending).toBe(4);
  outbox.sendLast();
  expect(outbox.progress).toMatchObject({ paused: true, sending: 0 });
  expect([asked, backend.files.size]).toEqual([[], 0]);
  outbox.resume();
  await Promise.all([outbox.whenDelivered('a', undefined), outbox.whenDelivered('b', undefined)]);
  expect([asked, backend.files.size]).toEqual([['a', 'b'], 2]);
});

test('[FACE-20] where the outbox stands can be asked at any time, and without a target there is nothing to tell', async () => {
  await keep('a', [1]);
  expect(open(undefined).progress).toBeUndefined();
  const outbox = open(target(false));
  outbox.nudge();
  await outbox.whenDelivered('a', undefined);
  expect(outbox.progress).toEqual(progress.at(-1));
  expect(outbox.progress).toMatchObject({ pending: 0, acknowledgedSegments: 1, paused: false });
});

test('[LOG-1] a try that failed is told with its item, the reason, which try it was, and when the next one comes', async () => {
  const sessionId = crypto.randomUUID();
  const refused = new TurntapeError('server_error', 'not now', { retryable: true });
  const { promise: tried, resolve } = Promise.withResolvers<void>();
  open({
    send: async () => {
      resolve();
      throw refused;
    },
  });
  const [segment] = await keep(sessionId, [1]);
  delivery?.nudge();
  await tried;
  await expect.poll(() => retries.length).toBeGreaterThan(0);
  const [{ delayMs, ...event } = { delayMs: -1 }] = retries;
  expect(event).toEqual({ sessionId, kind: 'segment', id: segment?.segment_id, error: refused, attempt: 1 });
  expect(delayMs).toBeGreaterThanOrEqual(0);
  // Whoever listens to errors alone hears of it, too.
  expect(errors).toContain(refused);
});
