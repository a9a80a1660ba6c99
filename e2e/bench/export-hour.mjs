import { readFile, readdir, writeFile } from 'node:fs/promises';
import { runnerImport } from 'vite';
import { makeSpeech } from '../fixtures/make-speech.mjs';

/** Of the session that is exported. */
const MINUTES = 60;
/** Of a part of it: its memory is what the whole needs, too. */
const PART_MINUTES = 6;
/** How long the live session is asked with nothing beside it, in milliseconds. */
const ALONE_MS = 10_000;

/** @typedef {{ name: string, value: number, unit: string, note?: string }} Row */
/** @typedef {import('turntape').ExportOptions} ExportOptions */

/** @type {{ name: string, options: ExportOptions }[]} */
const EXPORTS = [
  { name: 'stereo Opus, passed through', options: { layout: 'stereo', format: 'opus' } },
  { name: 'stereo WAV, decoded', options: { layout: 'stereo', format: 'wav' } },
  { name: 'mono Opus, decoded and encoded', options: { layout: 'mono', format: 'opus' } },
  { name: 'stereo MP3, decoded and encoded', options: { layout: 'stereo', format: 'mp3' } },
];

/**
 * A session of an hour into a WritableStream, by the built package in a real page: the time, the memory of the renderer,
 * and what an export costs a live session beside it: how long a message waits for the engine, and how far it is behind.
 *
 * @returns {Promise<Row[]>}
 */
export async function exportHourBench() {
  /** @type {typeof import('../support/launch-browser.ts')} */
  const { launchBrowser } = await load('launch-browser.ts');
  /** @type {typeof import('../support/open-site.ts')} */
  const { openSite } = await load('open-site.ts');
  /** @type {typeof import('../support/open-recorder-page.ts')} */
  const { openRecorderPage } = await load('open-recorder-page.ts');
  const { replies } = await makeSpeech();
  const pcm = await readFile(replies[1]?.file ?? '');
  const site = await openSite();
  const browser = await launchBrowser({ microphone: 'absent' });
  const { page } = await openRecorderPage(browser, site);
  const sessionId = await page.evaluate(recordSpeech, pcm.toString('base64'));
  const repeated = await page.evaluate(repeatSpeech, { sessionId, minutes: MINUTES });
  /** @type {Row[]} */
  const rows = [];
  for (const { name, options } of EXPORTS) {
    const measured = async (/** @type {number | undefined} */ minutes) => {
      const memory = await watchMemory();
      const made = await page.evaluate(exportAll, { sessionId, options, toMs: minutes && minutes * 60_000 });
      return { ...made, ...(await memory.stop()) };
    };
    const part = await measured(PART_MINUTES);
    const { ms, bytes, durationMs, beforeMb, peakMb } = await measured(undefined);
    const note = `${(durationMs / 60_000).toFixed(1)} min, ${(bytes / 1e6).toFixed(1)} MB`;
    rows.push(
      { name: `export of an hour, ${name}: time`, value: ms / 1000, unit: 's', note },
      { name: `export of an hour, ${name}: speed`, value: durationMs / ms, unit: '× realtime' },
      {
        name: `export of an hour, ${name}: memory`,
        value: peakMb - beforeMb,
        unit: 'MB more',
        note: `at most ${peakMb.toFixed(0)} MB in all renderers; of ${PART_MINUTES} min ${part.peakMb.toFixed(0)} MB`,
      },
    );
  }
  rows.push({ name: 'export of an hour: chunks kept', value: repeated, unit: 'rows' });
  for (const { name, options } of [{ name: 'nothing', options: null }, ...EXPORTS]) {
    const delays = await page.evaluate(askBeside, { sessionId, options, ms: ALONE_MS });
    rows.push(
      { name: `live session beside ${name}: a message waits, median`, value: part(delays.waits, 0.5), unit: 'ms' },
      {
        name: `live session beside ${name}: a message waits, p99`,
        value: part(delays.waits, 0.99),
        unit: 'ms',
        note: `${delays.waits.length} messages, at most ${Math.max(...delays.waits).toFixed(1)}`,
      },
      { name: `live session beside ${name}: behind the audio, p99`, value: part(delays.lags, 0.99), unit: 'ms' },
    );
  }
  await browser.close();
  await site.close();
  return rows;
}

/** @param {number[]} values @param {number} of */
function part(values, of) {
  const sorted = values.toSorted((one, other) => one - other);
  return sorted[Math.min(sorted.length - 1, Math.floor(of * sorted.length))] ?? Number.NaN;
}

/**
 * In the page: some seconds of speech, given as fast as they are taken.
 *
 * @param {string} base64 PCM16 at 24 kHz
 */
async function recordSpeech(base64) {
  const options = {
    consent: 'granted',
    microphone: false,
    vad: false,
    record: { session: 'stereo' },
    turns: { mode: 'continuous' },
  };
  const recorder = await window.turntape.createRecorder(/** @type {import('turntape').RecorderOptions} */ (options));
  const session = await recorder.startSession();
  const said = new Int16Array(Uint8Array.from(atob(base64), (char) => char.charCodeAt(0)).buffer);
  session.user.write(said, { sampleRate: 24_000 });
  // The clock has begun, and with it the track.
  await new Promise((resolve) => session.on('turn-start', resolve));
  await session.stop();
  await recorder.dispose();
  return session.sessionId;
}

/**
 * In the page: the speech again and again in the database, in both lanes. Gives the number of chunks.
 *
 * @param {{ sessionId: string, minutes: number }} what
 */
async function repeatSpeech({ sessionId, minutes }) {
  // Runs in the page, which knows nothing of this module.
  // oxlint-disable-next-line unicorn/consistent-function-scoping
  const settled = (/** @type {IDBRequest} */ request) =>
    new Promise((resolve, reject) => {
      request.addEventListener('success', () => resolve(request.result));
      request.addEventListener('error', () => reject(request.error));
    });
  const db = await settled(indexedDB.open('turntape'));
  const range = IDBKeyRange.bound([sessionId, 'user', -Infinity], [sessionId, 'user', Infinity]);
  const chunks = await settled(db.transaction(['session_chunks']).objectStore('session_chunks').getAll(range));
  // The last one says where the lane ends: the hour does, at its own last.
  const whole = chunks.slice(0, -1);
  const period = whole.at(-1).start + 3 * 960 - whole[0].start;
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
  await settled(files.put({ ...(await settled(files.get(sessionId))), samples: times * period }));
  db.close();
  return 2 * times * whole.length;
}

/**
 * In the page: a file into a stream that takes it and forgets it.
 *
 * @param {{ sessionId: string, options: ExportOptions, toMs: number | undefined }} what `toMs`: only so much of it.
 */
async function exportAll({ sessionId, options, toMs }) {
  const recorder = await window.turntape.createRecorder({ consent: 'granted', vad: false });
  let bytes = 0;
  const to = new WritableStream({ write: (/** @type {Uint8Array} */ piece) => void (bytes += piece.length) });
  const began = performance.now();
  const files = recorder.files(sessionId);
  const { durationMs } = await (toMs ? files.audio({ ...options, toMs, to }) : files.export({ ...options, to }));
  const ms = performance.now() - began;
  await recorder.dispose();
  return { ms, bytes, durationMs };
}

/**
 * In the page: a live session, asked again and again how it is, with or without an export beside it.
 *
 * @param {{ sessionId: string, options: ExportOptions | null, ms: number }} what
 */
async function askBeside({ sessionId, options, ms }) {
  const live = { consent: 'granted', microphone: false, vad: { model: 'energy' }, record: { session: 'stereo' } };
  const recorder = await window.turntape.createRecorder(/** @type {import('turntape').RecorderOptions} */ (live));
  const session = await recorder.startSession();
  const stopped = new AbortController();
  const exported = options
    ? recorder
        .files(sessionId)
        .export({ ...options, to: new WritableStream({}), signal: stopped.signal })
        .catch((/** @type {{ code?: string }} */ thrown) => {
          if (thrown.code !== 'aborted') throw thrown;
        })
    : Promise.resolve();
  /** @type {number[]} */
  const waits = [];
  /** @type {number[]} */
  const lags = [];
  const end = performance.now() + ms;
  while (performance.now() < end) {
    const asked = performance.now();
    const { lagMs } = await session.stats();
    waits.push(performance.now() - asked);
    if (lagMs !== null) lags.push(lagMs);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  stopped.abort();
  await exported;
  await session.stop();
  await recorder.dispose();
  return { waits, lags };
}

/** The resident memory of every renderer that this process has started, until `stop()`. Linux only: 0 elsewhere. */
async function watchMemory() {
  const renderers = await rendererPids();
  // Forgets the highest mark so far.
  for (const pid of renderers) await writeFile(`/proc/${pid}/clear_refs`, '5');
  const sum = async (/** @type {string} */ field) => {
    let kilobytes = 0;
    for (const pid of renderers)
      kilobytes += Number(
        new RegExp(`${field}:\\s+(\\d+)`).exec(await readFile(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0,
      );
    return kilobytes / 1024;
  };
  const beforeMb = await sum('VmRSS');
  return { stop: async () => ({ beforeMb, peakMb: await sum('VmHWM') }) };
}

/** @returns {Promise<string[]>} */
async function rendererPids() {
  const pids = (await readdir('/proc').catch(() => [])).filter((name) => /^\d+$/.test(name));
  /** @type {Map<string, string>} */
  const parents = new Map();
  /** @type {Map<string, string>} */
  const commands = new Map();
  for (const pid of pids) {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
    parents.set(pid, stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1] ?? '');
    commands.set(pid, await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => ''));
  }
  const isOurs = (/** @type {string | undefined} */ pid) => {
    for (let each = pid; each !== undefined; each = parents.get(each)) if (each === `${process.pid}`) return true;
    return false;
  };
  return pids.filter((pid) => commands.get(pid)?.includes('--type=renderer') && isOurs(pid));
}

/**
 * A module of the test support. It is TypeScript, which this Node does not run by itself.
 *
 * @param {string} name
 */
async function load(name) {
  const { module } = await runnerImport(new URL(`../support/${name}`, import.meta.url).pathname);
  return module;
}
