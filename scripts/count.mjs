import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { stripVTControlCharacters } from 'node:util';

/**
 * @typedef {object} Count
 * @property {number} passed
 * @property {number} failed
 * @property {string[]} failures what failed, by name, with the first line of its reason
 * @property {string[]} unsteady what passed at its second try only, by name, with what the first one said; it is in `passed`
 * @property {string[]} skipped what was not run, by name: said aloud, so that no test sleeps unseen
 */

/**
 * The count of a runner's JSON report. A runner that crashed, wrote no report or ran nothing counts as one failure.
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
 * A test and why it fell: the first line alone, since the whole reason was printed when it happened.
 *
 * @param {string} title
 * @param {string | undefined} reason
 */
function named(title, reason) {
  // Playwright colours its reasons.
  const [line] = stripVTControlCharacters(reason ?? '').split('\n');
  return line ? `${title}: ${line}` : title;
}

/**
 * @param {{ testResults: { name: string, status: string, message: string,
 *   assertionResults: { status: string, fullName: string, failureMessages?: string[] }[] }[] }} report
 * @returns {Count}
 */
function countVitest({ testResults }) {
  /** @type {Count} */
  const count = { passed: 0, failed: 0, failures: [], unsteady: [], skipped: [] };
  for (const file of testResults) {
    for (const { status, fullName, failureMessages: [reason] = [] } of file.assertionResults) {
      if (status === 'passed') count.passed++;
      else if (status === 'failed') count.failures.push(named(fullName, reason));
      else count.skipped.push(fullName);
      // A passed test keeps what its first try said.
      if (status === 'passed' && reason) count.unsteady.push(named(fullName, reason));
    }
    const broken = file.status === 'failed' && !file.assertionResults.some(({ status }) => status === 'failed');
    if (broken) count.failures.push(`${file.name}: ${file.message || 'could not be run'}`);
  }
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
 * @property {{ error?: { message?: string } }[]} [results] one for each try
 */
/**
 * @param {{ suites: PlaywrightSuite[], errors: { message?: string }[] }} report
 * @returns {Count}
 */
function countPlaywright({ suites, errors }) {
  /** @type {Count} */
  const count = {
    passed: 0,
    failed: 0,
    failures: errors.map(({ message }) => message ?? 'unnamed error'),
    unsteady: [],
    skipped: [],
  };
  const specs = suites.flatMap(allSpecs);
  for (const { title, tests } of specs) {
    for (const { status, annotations = [], results = [] } of tests) {
      const why = annotations.find(({ type, description }) => type === 'skip' && description)?.description;
      const fell = named(title, results.find(({ error }) => error)?.error?.message);
      if (status === 'expected' || status === 'flaky') count.passed++;
      else if (status === 'skipped') count.skipped.push(named(title, why));
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
