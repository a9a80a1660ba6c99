import { fileURLToPath } from 'node:url';
import { startChromiumWorker } from './support/chromium-worker.mjs';

/** Of one chunk: `CHUNK_MS` of the segment writer. */
const CHUNK_MS = 60;
const COUNT = 1000;
/** The first ones open files and warm caches. */
const WARM_UP = 50;

/** 60 ms at 48 kHz of PCM16, and three Opus packets of 20 ms at 32 kbit/s. */
const KINDS = [
  { name: 'WAV chunk', byteSize: 5760, encrypt: false },
  { name: 'Opus chunk', byteSize: 250, encrypt: false },
  { name: 'WAV chunk, encrypted', byteSize: 5760, encrypt: true },
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
      rows.push({ name: `${name}: part of its time`, value: (100 * mean) / CHUNK_MS, unit: '%', note: 'mean / 60 ms' });
    }
    return rows;
  } finally {
    await worker.close();
  }
}
