import { measureCuts } from '../support/measure-cuts.mjs';
import { cutRows } from './cut-rows.mjs';

/** Besides the default, in Chromium. */
const OTHER_PHASES = [1, 2];

/**
 * How soon the bot is silent when the user cuts in, in mode `cut`, on the audio clock alone: from the acoustic onset in
 * the microphone's file, and from the frame at which the detector knew, to the last frame of the bot that is not zero,
 * the declick fade included. The page idle, and standing still 2 s of every 2.6; with the default of four looks a window in both browsers,
 * and with one and two in Chromium. Four minutes for each.
 *
 * @returns {Promise<import('./cut-rows.mjs').Row[]>}
 */
export async function cutLatencyBench() {
  const settings = [
    { kind: /** @type {const} */ ('chromium'), phases: 4 },
    { kind: /** @type {const} */ ('firefox'), phases: 4 },
    ...OTHER_PHASES.map((phases) => ({ kind: /** @type {const} */ ('chromium'), phases })),
  ];
  const rows = [];
  for (const { kind, phases } of settings)
    for (const blocked of [false, true]) {
      const name = `${kind}, v6, phases ${phases}, page ${blocked ? 'blocked' : 'idle'}`;
      rows.push(...cutRows(name, await measureCuts({ kind, blocked, vad: { phases } })));
    }
  return rows;
}
