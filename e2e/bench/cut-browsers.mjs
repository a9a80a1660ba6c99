import { measureCuts } from '../support/measure-cuts.mjs';
import { cutRows } from './cut-rows.mjs';

/** A third of the words: a good minute for each row. */
const WORDS = 35;

/**
 * The same as `cutLatencyBench` on a cross-origin isolated page, where audio and cuts go through shared memory.
 *
 * @returns {Promise<import('./cut-rows.mjs').Row[]>}
 */
export async function cutBrowsersBench() {
  const rows = [];
  for (const kind of /** @type {const} */ (['chromium', 'firefox']))
    for (const blocked of [false, true]) {
      const name = `${kind}, shared memory, page ${blocked ? 'blocked' : 'idle'}`;
      rows.push(...cutRows(name, await measureCuts({ kind, isolated: true, blocked, onsets: WORDS })));
    }
  return rows;
}
