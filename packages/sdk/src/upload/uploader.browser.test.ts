import { afterEach, expect, test } from 'vitest';
import { freshDatabase } from '../scripted/fresh-database.ts';
import type * as databaseRoom from '../storage/database.ts';
import type { TurntapeDatabase } from '../storage/database.ts';
import type * as outboxRoom from '../storage/outbox.ts';
import { createOutbox } from '../storage/outbox.ts';
import { keepSegment, listSegments } from '../storage/segments.ts';
import { endSession, startSession } from '../storage/sessions.ts';
import { putTranscript } from '../storage/transcripts.ts';
import type { Receipt } from '../upload-contract/receipt.ts';
import {
  sampleSegmentWithAudio,
  sampleSession,
  sampleSessionEnd,
  sampleSha256,
  sampleTranscript,
} from '../upload-contract/samples.ts';
import type { UploadTarget } from '../upload-contract/target.ts';
import { httpTarget } from './targets/http-target.ts';
import type * as uploaderRoom from './uploader.ts';
import { type Uploader, createUploader } from './uploader.ts';
import { UPLOADER_LOCK } from '../upload-contract/uploader-lock.ts';

let db: TurntapeDatabase;
const fresh = freshDatabase((opened) => (db = opened));
const uploaders: Uploader[] = [];
afterEach(async () => {
  for (const uploader of uploaders.splice(0)) await uploader.dispose();
  for (const frame of document.querySelectorAll('iframe')) frame.remove();
});

function start(target: UploadTarget, database = db): Uploader {
  const uploader = createUploader({ outbox: createOutbox(database), target });
  uploaders.push(uploader);
  return uploader;
}

/** A session with some turns and a transcript, from start to end, as the engine and the page keep them. */
async function keepConversation(sessionId: string, turns: number): Promise<void> {
  await startSession(db, sampleSession(sessionId));
  for (let fill = 1; fill <= turns; fill += 1) {
    const { segment, audio } = await sampleSegmentWithAudio(sessionId, { fill });
    await keepSegment(db, segment, audio);
  }
  await putTranscript(db, sampleTranscript(sessionId));
  await endSession(db, sampleSessionEnd(sessionId));
}

/** What the backend was sent, by whom, and how many items were ever under way together. */
class Witness {
  readonly arrived: { who: string; what: string }[] = [];
  underWay = new Map<string, number>();
  /** Senders that were at work at one moment, at most. */
  mostSenders = 0;

  target(who: string): UploadTarget {
    return {
      send: async (segment, audio): Promise<Receipt> => {
        await this.#visit(who, segment.segment_id);
        const bytes = (await audio?.arrayBuffer()) ?? new ArrayBuffer(0);
        return { segment_id: segment.segment_id, byte_size: bytes.byteLength, sha256: await sampleSha256(bytes) };
      },
      sendTranscript: (transcript) => this.#visit(who, transcript.transcript_id),
      sendSession: (session) => this.#visit(who, `${session.session_id} ${session.state}`),
    };
  }

  async #visit(who: string, what: string): Promise<void> {
    this.arrived.push({ who, what });
    this.underWay.set(who, (this.underWay.get(who) ?? 0) + 1);
    const senders = Array.from(this.underWay.values()).filter((count) => count > 0).length;
    this.mostSenders = Math.max(this.mostSenders, senders);
    // Long enough for another tab to break in, if it could: a whole turn of the event loop and a database round trip.
    await listSegments(db, 'none');
    await new Promise((resolve) => {
      const { port1, port2 } = new MessageChannel();
      port1.addEventListener('message', resolve, { once: true });
      port1.start();
      port2.postMessage(undefined);
    });
    this.underWay.set(who, (this.underWay.get(who) ?? 0) - 1);
  }
}

test('[SEND-2] what is kept in the database reaches the backend in order, is acknowledged, and leaves the outbox', async () => {
  await keepConversation('s', 3);
  const witness = new Witness();
  const uploader = start(witness.target('page'));
  const states: string[] = [];
  uploader.on('sent', () => states.push('sent'));
  uploader.on('acknowledged', () => states.push('acknowledged'));
  await uploader.whenDelivered('s');
  expect(await createOutbox(db).items()).toEqual([]);
  const rows = await listSegments(db, 's');
  expect(rows.map((row) => row.state)).toEqual(['acknowledged', 'acknowledged', 'acknowledged']);
  expect(witness.arrived[0]?.what).toBe('s active');
  expect(witness.arrived.at(-1)?.what).toBe('s ended');
  expect(states).toEqual(Array.from({ length: 6 }, () => ['sent', 'acknowledged']).flat());
});

test('[SEND-3] a tab that is closed in the middle leaves the rest to the next one, with its waits', async () => {
  await keepConversation('s', 3);
  let sends = 0;
  const witness = new Witness();
  const flaky: UploadTarget = {
    ...witness.target('first'),
    send: (...call) => {
      sends += 1;
      return sends === 2 ? Promise.reject(new TypeError('fetch failed')) : witness.target('first').send(...call);
    },
  };
  const first = start(flaky);
  await new Promise<void>((resolve) => {
    first.on('failed', () => resolve());
  });
  await first.dispose();
  const [head] = await createOutbox(db).items();
  expect(head).toMatchObject({ attempts: 1, error: { code: 'network' } });
  expect(head?.retryAt).toBeGreaterThan(Date.now() - 60_000);
  await start(witness.target('second')).whenDelivered('s');
  // Session start and one segment by the first; two segments, the transcript and the end by the second.
  expect(witness.arrived.map(({ who }) => who)).toEqual(['first', 'first', 'second', 'second', 'second', 'second']);
});

test('[SEND-15] two uploaders in one page never send at the same time, and nothing goes twice', async () => {
  for (const id of ['a', 'b', 'c']) await keepConversation(id, 4);
  const witness = new Witness();
  const pair = [start(witness.target('one')), start(witness.target('two'))];
  await Promise.all(pair.flatMap((uploader) => ['a', 'b', 'c'].map((id) => uploader.whenDelivered(id))));
  expect(witness.mostSenders).toBe(1);
  expect(new Set(witness.arrived.map(({ what }) => what)).size).toBe(witness.arrived.length);
  expect(witness.arrived).toHaveLength(21);
});

/** The rooms again, loaded anew in a document of the same origin: what a second tab has, its own IndexedDB connection included. */
async function openSecondContext() {
  const frame = document.createElement('iframe');
  frame.srcdoc = '<!doctype html><title>second tab</title>';
  const loaded = new Promise((resolve) => frame.addEventListener('load', resolve, { once: true }));
  document.body.append(frame);
  await loaded;
  const { eval: run } = frame.contentWindow as unknown as { eval: (code: string) => unknown };
  const load = <Room>(path: string): Promise<Room> =>
    run(`import(${JSON.stringify(new URL(path, import.meta.url).href)})`) as Promise<Room>;
  const storage = await load<typeof databaseRoom>('../storage/database.ts');
  const outbox = await load<typeof outboxRoom>('../storage/outbox.ts');
  const upload = await load<typeof uploaderRoom>('./uploader.ts');
  const database = await storage.openTurntapeDatabase(fresh.name);
  return {
    isAnother: upload.createUploader !== createUploader,
    database,
    start: (target: UploadTarget): Uploader => upload.createUploader({ outbox: outbox.createOutbox(database), target }),
  };
}

test('[SEND-15] two documents of one origin never send at the same time, and nothing goes twice', async () => {
  const second = await openSecondContext();
  expect(second.isAnother).toBe(true);
  for (const id of ['a', 'b', 'c']) await keepConversation(id, 4);
  const witness = new Witness();
  const there = second.start(witness.target('there'));
  const here = start(witness.target('here'));
  const keepGoing = setInterval(() => {
    here.nudge();
    there.nudge();
  }, 1);
  await Promise.all([here, there].flatMap((uploader) => ['a', 'b', 'c'].map((id) => uploader.whenDelivered(id))));
  clearInterval(keepGoing);
  expect(witness.mostSenders).toBe(1);
  expect(new Set(witness.arrived.map(({ what }) => what)).size).toBe(witness.arrived.length);
  expect(witness.arrived).toHaveLength(21);
  await there.dispose();
  second.database.close();
});

test('[SEND-15] while one document holds the lock, another sends nothing; when it lets go, the other goes on', async () => {
  const second = await openSecondContext();
  await keepConversation('a', 1);
  const witness = new Witness();
  let release: (() => void) | undefined;
  const held = new Promise<void>((resolve) => (release = resolve));
  const holding = navigator.locks.request(UPLOADER_LOCK, () => held);
  const there = second.start(witness.target('there'));
  await expect
    .poll(async () => (await navigator.locks.query()).pending?.map((lock) => lock.name))
    .toContain(UPLOADER_LOCK);
  expect(witness.arrived).toEqual([]);
  release?.();
  await holding;
  await there.whenDelivered('a');
  expect(witness.arrived).toHaveLength(4);
  await there.dispose();
  second.database.close();
});

const isHeld = async (): Promise<boolean> =>
  (await navigator.locks.query()).held?.some((lock) => lock.name === UPLOADER_LOCK) ?? false;

test('[SEND-15] the lock is held only while something is sent: an idle page can rest in the back/forward cache', async () => {
  await keepConversation('a', 1);
  let heldWhileSending = false;
  const witness = new Witness();
  const target = witness.target('page');
  const uploader = start({
    ...target,
    send: async (...call) => {
      heldWhileSending = await isHeld();
      return target.send(...call);
    },
  });
  await uploader.whenDelivered('a');
  expect(heldWhileSending).toBe(true);
  await expect.poll(isHeld).toBe(false);
});

test('[SEND-4] the browser’s own online event ends a wait after a lost network', async () => {
  await startSession(db, sampleSession('s'));
  let tries = 0;
  const uploader = createUploader({
    outbox: createOutbox(db),
    // An hour: what comes before did not wait for a timer.
    retry: { baseMs: 3_600_000, maxMs: 3_600_000, minMs: 3_600_000 },
    target: {
      send: () => Promise.reject(new Error('unused')),
      sendSession: () => {
        tries += 1;
        return tries === 1 ? Promise.reject(new TypeError('Failed to fetch')) : Promise.resolve();
      },
    },
  });
  uploaders.push(uploader);
  await new Promise<void>((resolve) => {
    uploader.on('failed', () => resolve());
  });
  globalThis.dispatchEvent(new Event('online'));
  await uploader.whenDelivered('s');
  expect(tries).toBe(2);
});

test('[HTTP-1] a browser’s own form carries metadata and file whole, from the database to the wire', async () => {
  await keepConversation('s', 2);
  const stored = new Map<string, string>();
  const paths: string[] = [];
  const fetch: typeof globalThis.fetch = async (input, init) => {
    // Chromium encodes and parses the body as it would for the network.
    const request = new Request(input, init);
    const path = new URL(request.url).pathname;
    paths.push(path);
    if (path === '/v1/config') return new Response('{}', { status: 404 });
    if (path !== '/v1/segments') return Response.json({}, { status: 201 });
    const form = await request.formData();
    const part = form.get('segment') as File;
    const audio = form.get('audio') as File;
    expect([part.type, audio.type]).toEqual(['application/json', 'audio/ogg']);
    const { segment_id } = JSON.parse(await part.text()) as { segment_id: string };
    const sha256 = await sampleSha256(await audio.arrayBuffer());
    stored.set(segment_id, sha256);
    return Response.json({ segment_id, sha256, byte_size: audio.size }, { status: 201 });
  };
  await start(httpTarget('/v1', { fetch })).whenDelivered('s');
  const rows = await listSegments(db, 's');
  expect(Object.fromEntries(stored)).toEqual(Object.fromEntries(rows.map((row) => [row.segment_id, row.sha256])));
  expect(paths).toEqual([
    '/v1/config',
    '/v1/sessions',
    '/v1/segments',
    '/v1/segments',
    '/v1/transcripts',
    '/v1/sessions',
  ]);
});

test('[HTTP-8] a backend that is not there is the network, in the browser’s own words too', async () => {
  // Port 9 is refused by the browser itself, without a look at the network.
  const { signal } = new AbortController();
  const sending = Promise.resolve(httpTarget('http://localhost:9/v1').sendSession?.(sampleSession('s'), { signal }));
  await expect(sending).rejects.toMatchObject({ code: 'network', retryable: true });
});
