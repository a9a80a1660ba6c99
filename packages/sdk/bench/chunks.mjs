import { fileURLToPath } from 'node:url';
import { startChromiumWorker } from './support/chromium-worker.mjs';

/** Of one chunk: `CHUNK_MS` of the segment writer. */
const CHUNK_MS = 40;
/** Of PCM16 at 48 kHz, a millisecond. */
const WAV_BYTES = 96;
/** How long a chunk could be, and how many could go together. */
const OTHERS = [20, 60, 100];
const BATCH = 5;
const COUNT = 1000;
/** The first ones open files and warm caches. */
const WARM_UP = 50;

/** 40 ms at 48 kHz of PCM16, and two Opus packets of 20 ms at 32 kbit/s. */
const KINDS = [
  { name: 'WAV chunk', byteSize: 3840, encrypt: false },
  { name: 'Opus chunk', byteSize: 170, encrypt: false },
  { name: 'WAV chunk, encrypted', byteSize: 3840, encrypt: true },
];

/**
 * What a chunk costs on its way into IndexedDB, until it is committed: the real database and its rooms in a worker of
 * Chromium.
 *
 * @returns {Promise<{ name: string, value: number, unit: string, note?: string }[]>}
 */
export async function chunkWriteBench() {
  const worker = await startChromiumWorker(fileURLToPath(new URL('support/chunks.worker.mjs', import.meta.url)));
  try {
    const rows = [];
    for (const { name, ...plan } of KINDS) {
      /** @type {number[]} */
      const times = await worker.call('writeChunks', { ...plan, count: COUNT + WARM_UP });
      const sorted = times.slice(WARM_UP).sort((one, other) => one - other);
      const at = (/** @type {number} */ part) => sorted[Math.floor((sorted.length - 1) * part)] ?? NaN;
      const note = `${plan.byteSize} bytes, ${COUNT} one after the other, until committed`;
      rows.push({ name: `${name}: median`, value: at(0.5), unit: 'ms', note });
      rows.push({ name: `${name}: p95`, value: at(0.95), unit: 'ms' });
      const mean = sorted.reduce((sum, each) => sum + each, 0) / sorted.length;
      rows.push({ name: `${name}: part of its time`, value: (100 * mean) / CHUNK_MS, unit: '%', note: 'mean / 40 ms' });
    }
    // Taken in turns, so that what else the machine does falls on all alike.
    /** @type {Map<string, number[]>} */
    const means = new Map();
    /** @param {string} name @param {object} plan */
    const measure = async (name, plan) => {
      /** @type {number[]} */
      const times = await worker.call('writeChunks', { encrypt: false, ...plan, count: COUNT / 4 + WARM_UP });
      const sorted = times.slice(WARM_UP).sort((one, other) => one - other);
      means.set(name, [...(means.get(name) ?? []), sorted[Math.floor(sorted.length / 2)] ?? NaN]);
    };
    for (let round = 0; round < 5; round += 1) {
      await measure('now', { byteSize: CHUNK_MS * WAV_BYTES });
      for (const ms of OTHERS) await measure(`${ms}`, { byteSize: ms * WAV_BYTES });
      await measure('batch', { byteSize: CHUNK_MS * WAV_BYTES, batch: BATCH });
    }
    const middle = (/** @type {string} */ name) => (means.get(name) ?? []).sort((one, other) => one - other)[2] ?? NaN;
    for (const ms of OTHERS) {
      const value = middle(`${ms}`) / ms / (middle('now') / CHUNK_MS);
      rows.push({
        name: `WAV in chunks of ${ms} ms, to those of ${CHUNK_MS}`,
        value,
        unit: '×',
        note: 'cost of a second',
      });
    }
    const value = middle('batch') / middle('now');
    rows.push({ name: `${BATCH} WAV chunks in one transaction, to one`, value, unit: '×', note: `${BATCH}: no gain` });
    return rows;
  } finally {
    await worker.close();
  }
}
