import { readFile } from 'node:fs/promises';
import type { BrowserContext, Page } from '@playwright/test';
import type { ExportOptions } from 'turntape';
import { makeSpeech } from '../fixtures/make-speech.mjs';
import type { Site } from '../fixtures/serve.mjs';
import { Inspector } from './inspector.ts';

/** A session of an hour in the page's database in half a minute: spoken once, and put there again and again. */

/** What the page holds while a file is made, in bytes, after a collection of garbage. */
export interface HeldAt {
  /** Of the file that had been made by then. */
  minute: number;
  page: number;
  worker: number;
}

/** A file that was made and thrown away. */
export interface MadeFile {
  /** Without the time of the looks. */
  ms: number;
  bytes: number;
  durationMs: number;
  held: HeldAt[];
}

/** What an export is made with. */
export interface MakePlan {
  sessionId: string;
  options: ExportOptions;
  /** Minutes of the file after which everything is looked at; before the first byte, too. */
  looks: readonly number[];
  /** At each look, before the collection of garbage. */
  onLook?: (minute: number) => Promise<void>;
}

/** A stereo session with a speaker who never stops in each channel. Gives its id, and how many chunks it has. */
export async function fillSession(page: Page, minutes: number): Promise<{ sessionId: string; chunks: number }> {
  const { replies } = await makeSpeech();
  const speech = (await readFile(replies[1]?.file ?? '')).toString('base64');
  const sessionId = await page.evaluate(async (base64) => {
    const recorder = await window.turntape.createRecorder({
      consent: 'granted',
      microphone: false,
      vad: false,
      record: { session: 'stereo' },
      turns: { mode: 'continuous' },
    });
    const session = await recorder.startSession();
    const said = new Int16Array(Uint8Array.from(atob(base64), (char) => char.charCodeAt(0)).buffer);
    session.user.write(said, { sampleRate: 24_000 });
    // The clock has begun, and with it the track.
    await new Promise((resolve) => session.on('turn-start', resolve));
    await session.stop();
    await recorder.dispose();
    return session.sessionId;
  }, speech);
  const chunks = await page.evaluate(repeatChunks, { sessionId, minutes });
  return { sessionId, chunks };
}

/** In the page: the speech again and again in the database, in both lanes. Gives the number of chunks. */
async function repeatChunks({ sessionId, minutes }: { sessionId: string; minutes: number }): Promise<number> {
  interface Chunk {
    start: number;
  }
  // Runs in the page, which knows nothing of this module.
  // oxlint-disable-next-line unicorn/consistent-function-scoping
  const settled = <Result>(request: IDBRequest<Result>): Promise<Result> =>
    new Promise((resolve, reject) => {
      request.addEventListener('success', () => resolve(request.result));
      request.addEventListener('error', () => reject(request.error ?? new Error('no reason given')));
    });
  const db = await settled(indexedDB.open('turntape'));
  const range = IDBKeyRange.bound([sessionId, 'user', -Infinity], [sessionId, 'user', Infinity]);
  const chunks: Chunk[] = await settled(db.transaction(['session_chunks']).objectStore('session_chunks').getAll(range));
  // The last one says where the lane ends: the session does, at its own last.
  const whole = chunks.slice(0, -1);
  const period = (whole.at(-1)?.start ?? 0) + 3 * 960 - (whole[0]?.start ?? 0);
  const times = Math.ceil((minutes * 60 * 48_000) / period);
  for (let time = 0; time < times; time += 1) {
    const tx = db.transaction(['session_chunks'], 'readwrite');
    for (const lane of ['user', 'bot'])
      for (const chunk of whole)
        tx.objectStore('session_chunks').put({ ...chunk, lane, start: chunk.start + time * period });
    await new Promise((resolve) => tx.addEventListener('complete', resolve));
  }
  const tx = db.transaction(['session_files'], 'readwrite');
  const files = tx.objectStore('session_files');
  const row = (await settled(files.get(sessionId))) as object;
  await settled(files.put({ ...row, samples: minutes * 60 * 48_000 }));
  db.close();
  return 2 * times * whole.length;
}

/** Exports a session into a stream that takes it and forgets it, in a page of its own, and says what is held meanwhile. */
export async function makeAndForget(context: BrowserContext, site: Site, plan: MakePlan): Promise<MadeFile> {
  const { sessionId, options, looks, onLook } = plan;
  const page = await context.newPage();
  await page.goto(`${site.url}/recorder.html`);
  await page.waitForFunction(() => 'turntape' in window);
  const inspector = await Inspector.open(page);
  const held: HeldAt[] = [];
  await page.exposeFunction('lookAt', async (minute: number) => {
    await onLook?.(minute);
    held.push({ minute, ...(await inspector.memory()) });
  });
  const made = await page.evaluate(exportHere, { sessionId, options, looks: [0, ...looks] });
  await page.close();
  return { ...made, held };
}

declare global {
  interface Window {
    lookAt: (minute: number) => Promise<void>;
  }
}

/** In the page: says when so many minutes of the file have been made, and waits for the answer. */
async function exportHere({
  sessionId,
  options,
  looks,
}: {
  sessionId: string;
  options: ExportOptions;
  looks: number[];
}): Promise<Omit<MadeFile, 'held'>> {
  const { layout, format } = options;
  const recorder = await window.turntape.createRecorder({ consent: 'granted', vad: false });
  let bytes = 0;
  let waitedMs = 0;
  const channels = layout === 'mono' ? 1 : 2;
  // Minutes of audio in the file so far. Of Opus the last page says it.
  const minutesOf = (piece: Uint8Array<ArrayBuffer>): number => {
    if (format === 'wav') return bytes / (48_000 * 60 * channels * 2);
    if (format === 'mp3') return bytes / ((64_000 * 60 * channels) / 8);
    const tail = piece.subarray(-65_536);
    const begins = String.fromCharCode(...tail).lastIndexOf('OggS');
    if (begins < 0 || begins + 14 > tail.length) return 0;
    return Number(new DataView(tail.buffer, tail.byteOffset).getBigInt64(begins + 6, true)) / (48_000 * 60);
  };
  const passed = async (minutes: number): Promise<void> => {
    const asked = performance.now();
    for (let [next] = looks; next !== undefined && minutes >= next; [next] = looks) {
      looks.shift();
      await window.lookAt(next);
    }
    waitedMs += performance.now() - asked;
  };
  const to = new WritableStream<Uint8Array<ArrayBuffer>>({
    async write(piece) {
      bytes += piece.length;
      await passed(minutesOf(piece));
    },
    close: () => passed(Infinity),
  });
  await passed(0);
  waitedMs = 0;
  const began = performance.now();
  const { durationMs } = await recorder.files(sessionId).export({ ...options, to });
  const ms = performance.now() - began - waitedMs;
  await recorder.dispose();
  return { ms, bytes, durationMs };
}
