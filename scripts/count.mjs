import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { reasonLines } from './reasons.mjs';

/**
 * @typedef {import('./reasons.mjs').Thrown} Thrown
 */
/**
 * @typedef {object} Count
 * @property {number} passed
 * @property {number} failed
 * @property {string[]} failures what failed, by name, its reason in the lines below it
 * @property {string[]} unsteady what passed at another try only, in the same way, with what the ones before it said; it is in
 *   `passed`
 * @property {string[]} skipped what was not run, by name: said aloud, so that no test sleeps unseen
 */

/**
 * The count of a runner's report: `vitest-report.mjs`, or Playwright's JSON. A runner that crashed, wrote no report or ran nothing counts as one failure.
 *
 * @param {'vitest' | 'playwright'} kind
 * @param {string} reportFile
 * @param {{ code: number, timedOut: boolean }} end how the runner ended
 * @returns {Promise<Count>}
 */
export async function countReport(kind, reportFile, { code, timedOut }) {
  if (timedOut) return oneFailure('The runner did not end in its time and was stopped.');
  if (!existsSync(reportFile)) return oneFailure(`The runner ended with code ${code} and wrote no report.`);
  const report = JSON.parse(await readFile(reportFile, 'utf8'));
  const count = kind === 'vitest' ? countVitest(report) : countPlaywright(report);
  if (count.passed + count.failed === 0) return oneFailure('The runner ran no tests.');
  if (code !== 0 && count.failed === 0) {
    return { ...count, failed: 1, failures: [`The runner ended with code ${code}, though no test failed.`] };
  }
  return count;
}

/**
 * @param {string} reason
 * @returns {Count}
 */
export function oneFailure(reason) {
  return { passed: 0, failed: 1, failures: [reason], unsteady: [], skipped: [] };
}

/**
 * A test and why it fell.
 *
 * @param {string} title
 * @param {readonly Thrown[]} errors of all its tries
 */
function fallen(title, errors) {
  return [title, ...reasonLines(errors).map((line) => `    ${line}`)].join('\n');
}

/**
 * @param {{ files: { name: string, errors: Thrown[], suiteErrors: Thrown[],
 *   tests: { fullName: string, state: string, errors: Thrown[], note?: string }[] }[], unhandledErrors: Thrown[] }} report
 * @returns {Count}
 */
function countVitest({ files, unhandledErrors }) {
  /** @type {Count} */
  const count = { passed: 0, failed: 0, failures: [], unsteady: [], skipped: [] };
  for (const { name, errors: fileErrors, suiteErrors, tests } of files) {
    for (const { fullName, state, errors, note } of tests) {
      if (state === 'passed') count.passed++;
      else if (state === 'skipped') count.skipped.push(note ? `${fullName}: ${note}` : fullName);
      else count.failures.push(fallen(fullName, errors));
      // A passed test keeps what its earlier tries said.
      if (state === 'passed' && errors.length > 0) count.unsteady.push(fallen(fullName, errors));
    }
    for (const error of [...fileErrors, ...suiteErrors]) count.failures.push(fallen(name, [error]));
  }
  for (const error of unhandledErrors) count.failures.push(fallen('An error that nobody caught', [error]));
  count.failed = count.failures.length;
  return count;
}

/**
 * @typedef {object} PlaywrightSuite
 * @property {PlaywrightSuite[]} [suites]
 * @property {{ title: string, tests: PlaywrightTest[] }[]} [specs]
 */
/**
 * @typedef {object} PlaywrightTest
 * @property {string} status
 * @property {{ type: string, description?: string }[]} [annotations]
 * @property {{ error?: Thrown, errors?: Thrown[] }[]} [results] one for each try; `errors` begins with `error`
 */
/**
 * @param {{ suites: PlaywrightSuite[], errors: Thrown[] }} report
 * @returns {Count}
 */
function countPlaywright({ suites, errors }) {
  /** @type {Count} */
  const count = {
    passed: 0,
    failed: 0,
    failures: errors.map((error) => fallen('A file that cannot be run', [error])),
    unsteady: [],
    skipped: [],
  };
  const specs = suites.flatMap(allSpecs);
  for (const { title, tests } of specs) {
    for (const { status, annotations = [], results = [] } of tests) {
      const why = annotations.find(({ type, description }) => type === 'skip' && description)?.description;
      const fell = fallen(
        title,
        results.flatMap(({ error, errors = [] }) => (error ? [error, ...errors.slice(1)] : [])),
      );
      if (status === 'expected' || status === 'flaky') count.passed++;
      else if (status === 'skipped') count.skipped.push(why ? `${title}: ${why}` : title);
      else count.failures.push(fell);
      if (status === 'flaky') count.unsteady.push(fell);
    }
  }
  count.failed = count.failures.length;
  return count;
}

/**
 * @param {PlaywrightSuite} suite
 * @returns {NonNullable<PlaywrightSuite['specs']>}
 */
function allSpecs({ suites = [], specs = [] }) {
  return [...specs, ...suites.flatMap(allSpecs)];
}
