import { measureCuts, quantile } from '../support/measure-cuts.mjs';

/** @typedef {{ name: string, value: number, unit: string, note?: string }} Row */
/** @typedef {Awaited<ReturnType<typeof measureCuts>>} Measured */

/**
 * How soon the bot is silent when the user cuts in, in mode `cut`, on the audio clock alone: from the acoustic onset in
 * the microphone's file, and from the frame at which the detector knew, to the last frame of the bot that is not zero,
 * the declick fade included. The page idle, and standing still 2 s of every 2.6; with the default of four looks a window,
 * and with one and two. Two and a half minutes for each.
 *
 * @returns {Promise<Row[]>}
 */
export async function cutLatencyBench() {
  /** @type {Row[]} */
  const rows = [];
  for (const phases of [4, 1, 2])
    for (const blocked of [false, true])
      rows.push(...cutRows(await measureCuts({ blocked, vad: { phases } }), { phases, blocked }));
  return rows;
}

/**
 * @param {Measured} measured
 * @param {{ phases: number, blocked: boolean }} setting
 * @returns {Row[]}
 */
function cutRows({ cuts, onsets, starts }, { phases, blocked }) {
  const name = `v6, phases ${phases}, page ${blocked ? 'blocked' : 'idle'}`;
  const row = (
    /** @type {string} */ what,
    /** @type {Exclude<keyof Measured['cuts'][number], 'voiced'>} */ field,
    /** @type {number} */ part,
    of = cuts,
  ) => ({
    name: `${name}: ${what}, p${part * 100}`,
    value: quantile(
      of.map((cut) => cut[field]),
      part,
    ),
    unit: 'ms',
    note: `${of.length} of ${onsets} words, ${starts} starts`,
  });
  const voiced = cuts.filter((cut) => cut.voiced);
  return [
    row('onset → decision', 'toDecision', 0.5),
    row('onset → decision', 'toDecision', 0.95),
    row('decision → known to the engine', 'toKnown', 0.5),
    row('decision → known to the engine', 'toKnown', 0.99),
    row('known → silence', 'fromKnown', 0.5),
    row('known → silence', 'fromKnown', 0.99),
    row('decision → silence', 'fromDecision', 0.5),
    row('decision → silence', 'fromDecision', 0.99),
    row('onset → silence', 'toSilence', 0.5),
    row('onset → silence', 'toSilence', 0.95),
    row('onset → silence, words that begin with voice or a stop', 'toSilence', 0.5, voiced),
    row('onset → silence, words that begin with voice or a stop', 'toSilence', 0.95, voiced),
  ];
}
