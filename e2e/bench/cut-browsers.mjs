import { measureCuts, quantile } from '../support/measure-cuts.mjs';

/** A third of the words: a minute for each row. */
const WORDS = 12;

/**
 * The same as `cutLatencyBench` on the other ways: in Firefox, and on a cross-origin isolated page, where audio and cuts go
 * through shared memory. The second figure is the way alone: from the newest frame that the engine had been given to the last
 * one that sounds.
 *
 * @returns {Promise<{ name: string, value: number, unit: string, note: string }[]>}
 */
export async function cutBrowsersBench() {
  const rows = [];
  for (const kind of /** @type {const} */ (['chromium', 'firefox'])) {
    for (const isolated of [false, true]) {
      for (const blocked of [false, true]) {
        const { cuts, onsets } = await measureCuts({ kind, isolated, blocked, onsets: WORDS });
        const name = `${kind}, ${isolated ? 'shared memory' : 'ports'}, page ${blocked ? 'blocked' : 'idle'}`;
        const note = `${cuts.length} of ${onsets} words`;
        const row = (
          /** @type {string} */ what,
          /** @type {'fromKnown' | 'fromDecision' | 'toSilence'} */ field,
          /** @type {number} */ part,
        ) => ({
          name: `${name}: ${what}, p${part * 100}`,
          value: quantile(
            cuts.map((cut) => cut[field]),
            part,
          ),
          unit: 'ms',
          note,
        });
        rows.push(
          row('known → silence', 'fromKnown', 0.5),
          row('known → silence', 'fromKnown', 0.95),
          row('decision → silence', 'fromDecision', 0.5),
          row('decision → silence', 'fromDecision', 0.95),
          row('onset → silence', 'toSilence', 0.5),
          row('onset → silence', 'toSilence', 0.95),
        );
      }
    }
  }
  return rows;
}
