import { runnerImport } from 'vite';
import { watchBrowserMemory } from './support/browser-memory.mjs';

/** Of the session that is exported. */
const MINUTES = 60;
/** Where its memory is looked at. It is flat when the later stretches take no more than the first. */
const LOOKS = [15, 30, MINUTES];
const MEGABYTE = 2 ** 20;
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
  /** @type {typeof import('../support/long-session.ts')} */
  const { fillSession, makeAndForget } = await load('long-session.ts');
  const site = await openSite();
  const browser = await launchBrowser({ microphone: 'absent' });
  const { page } = await openRecorderPage(browser, site);
  const { sessionId, chunks } = await fillSession(page, MINUTES);
  /** @type {Row[]} */
  const rows = [];
  for (const { name, options } of EXPORTS) {
    /** @type {Awaited<ReturnType<typeof watchBrowserMemory>> | undefined} */
    let memory;
    /** @type {Map<number, import('./support/browser-memory.mjs').Peak>} */
    const peaks = new Map();
    const onLook = async (/** @type {number} */ minute) => {
      // The page's own renderer is there by now.
      if (memory) peaks.set(minute, await memory.look());
      else memory = await watchBrowserMemory();
    };
    const plan = { sessionId, options, looks: LOOKS, onLook };
    const { ms, bytes, durationMs, held } = await makeAndForget(browser, site, plan);
    const note = `${(durationMs / 60_000).toFixed(1)} min, ${(bytes / 1e6).toFixed(1)} MB`;
    rows.push(
      { name: `export of an hour, ${name}: time`, value: ms / 1000, unit: 's', note },
      { name: `export of an hour, ${name}: speed`, value: durationMs / ms, unit: '× realtime' },
    );
    for (const { minute, page: inPage, worker } of held) {
      const { renderersMb, browserMb } = peaks.get(minute) ?? { renderersMb: NaN, browserMb: NaN };
      if (minute > 0)
        rows.push(
          {
            name: `export of an hour, ${name}: held after ${minute} min`,
            value: (inPage + worker) / MEGABYTE,
            unit: 'MB',
            note: `page ${(inPage / MEGABYTE).toFixed(1)}, engine ${(worker / MEGABYTE).toFixed(1)}; garbage collected`,
          },
          {
            name: `export of an hour, ${name}: peak until ${minute} min`,
            value: renderersMb - (memory?.before.renderersMb ?? NaN),
            unit: 'MB more',
            note: `resident in all renderers, since the look before: ${renderersMb.toFixed(0)}; whole browser ${browserMb.toFixed(0)}`,
          },
        );
    }
  }
  rows.push({ name: 'export of an hour: chunks kept', value: chunks, unit: 'rows' });
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

/**
 * A module of the test support. It is TypeScript, which this Node does not run by itself.
 *
 * @param {string} name
 */
async function load(name) {
  const { module } = await runnerImport(new URL(`../support/${name}`, import.meta.url).pathname);
  return module;
}
