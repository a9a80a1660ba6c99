import { quantile } from '../support/measure-cuts.mjs';

/** @typedef {{ name: string, value: number, unit: string, note?: string }} Row */
/** @typedef {Awaited<ReturnType<typeof import('../support/measure-cuts.mjs').measureCuts>>} Measured */
/** @typedef {Exclude<keyof Measured['cuts'][number], 'voiced' | 'awayMs'>} Field */

/** @type {readonly (readonly [what: string, field: Field, parts: readonly number[]])[]} */
const LEGS = [
  ['onset → decision', 'toDecision', [0.5, 0.95]],
  ['decision → known to the engine', 'toKnown', [0.5, 0.99]],
  ['known → silence', 'fromKnown', [0.5, 0.95, 0.99]],
  ['decision → silence', 'fromDecision', [0.5, 0.95, 0.99]],
  ['onset → silence', 'toSilence', [0.5, 0.95]],
];

/**
 * What was measured, of all words, and of those during which the machine itself was never away: what a host takes from its guest is no part of
 * the way, and on a shared one it is up to a tenth of the time (`support/machine-watch.mjs`).
 *
 * @param {string} name
 * @param {Measured} measured
 * @returns {Row[]}
 */
export function cutRows(name, { cuts, onsets, starts }) {
  const running = cuts.filter(({ awayMs }) => awayMs === 0);
  return [
    ...legs(name, cuts, `${cuts.length} of ${onsets} words, ${starts} starts`),
    ...(running.length > 0 ? legs(`${name}, the machine running`, running, `${running.length} words`) : []),
    ...legs(
      `${name}, words that begin with voice or a stop`,
      cuts.filter(({ voiced }) => voiced),
      '',
      LEGS.slice(-1),
    ),
  ];
}

/**
 * @param {string} name
 * @param {Measured['cuts']} cuts
 * @param {string} note
 * @returns {Row[]}
 */
function legs(name, cuts, note, of = LEGS) {
  return of.flatMap(([what, field, parts]) =>
    parts.map((part) => ({
      name: `${name}: ${what}, p${part * 100}`,
      value: quantile(
        cuts.map((cut) => cut[field]),
        part,
      ),
      unit: 'ms',
      note,
    })),
  );
}
