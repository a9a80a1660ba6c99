import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';

/**
 * @typedef {object} Count
 * @property {number} passed
 * @property {number} failed
 * @property {string[]} failures what failed, by name
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
  return { passed: 0, failed: 1, failures: [reason], skipped: [] };
}

/**
 * @param {{ testResults: { name: string, status: string, message: string,
 *   assertionResults: { status: string, fullName: string }[] }[] }} report
 * @returns {Count}
 */
function countVitest({ testResults }) {
  /** @type {Count} */
  const count = { passed: 0, failed: 0, failures: [], skipped: [] };
  for (const file of testResults) {
    for (const test of file.assertionResults) {
      if (test.status === 'passed') count.passed++;
      else if (test.status === 'failed') count.failures.push(test.fullName);
      else count.skipped.push(test.fullName);
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
    skipped: [],
  };
  const specs = suites.flatMap(allSpecs);
  for (const { title, tests } of specs) {
    for (const { status, annotations = [] } of tests) {
      const reason = annotations.find(({ type, description }) => type === 'skip' && description)?.description;
      // A file that says why it may be tried twice (`retries`) has passed when the second try did.
      if (status === 'expected' || status === 'flaky') count.passed++;
      else if (status === 'skipped') count.skipped.push(reason ? `${title}: ${reason}` : title);
      else count.failures.push(title);
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
