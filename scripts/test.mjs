import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { buildPackages } from './build.mjs';
import { countReport, oneFailure } from './count.mjs';
import { reasonLines } from './reasons.mjs';
import { localProgram, ROOT, run } from './run.mjs';
import { prepareTools } from './tools.mjs';

/**
 * `npx -y pnpm@12 test`: everything that must be true, counted. The last line is `N passed, N failed`.
 */

/** A runner that hangs is stopped after this long, so that the count still comes. In milliseconds. */
const RUNNER_LIMIT_MS = 20 * 60_000;

/**
 * How often a test that fell is tried again. A shared machine now and then stands still for longer than a browser's parts
 * wait for one another; a fault of ours falls each time. What needed another try is named in the result.
 */
const OTHER_TRIES = 2;

/**
 * @typedef {import('./count.mjs').Count} Count
 * @typedef {{ name: string, count: Count }} Result
 */

const say = (/** @type {string} */ line) => console.log(line);
const title = (/** @type {string} */ line) => console.log(`\n── ${line}`);

say('Turntape tests. The npm packages are installed (by pnpm, from the lock file).');
say('They run in a real Chromium, with speech that is made on this machine. Nothing leaves it.');

title('What the tests need');
const { browser } = await prepareTools(say);
say(browser ? `Browser: ${browser}` : 'There is no browser. All tests in it fail.');

/** @type {Result[]} */
const results = [];
title('Build');
const built = await buildPackages(say);
results.push({ name: 'build', count: built ? onePass() : oneFailure('The packages do not build.') });

title('Check: format, lint, types, unused code');
results.push(
  ...(await Promise.all(
    (await checkCommands()).map(async (command) => ({ name: 'check', count: await check(command) })),
  )),
);

title('Units: each room by itself, in Node and in Chromium');
results.push({ name: 'units', count: await vitest('vite.config.ts') });

title('House: worlds, doors, packages');
results.push({ name: 'house', count: built ? await vitest('e2e/vitest.config.ts') : notBuilt() });

title('End to end: spoken conversations');
for (const [project, workers] of /** @type {const} */ ([
  ['together', 2],
  ['alone', 1],
]))
  results.push({ name: 'end to end', count: built ? await playwright(project, workers) : notBuilt() });

title('Result');
for (const name of new Set(results.map((result) => result.name))) {
  say(`${name.padEnd(12)} ${sum(name, 'passed')} passed, ${sum(name, 'failed')} failed`);
}
for (const { name, count } of results) for (const test of count.skipped) say(`not run (${name}): ${test}`);
for (const { name, count } of results) for (const test of count.unsteady) say(`tried again (${name}): ${test}`);
// Last, and in full: of a long run CI keeps the end.
for (const { name, count } of results) for (const test of count.failures) say(`FAILED (${name}): ${test}`);
const passed = sum(undefined, 'passed');
const failed = sum(undefined, 'failed');
say('');
say(`${passed} passed, ${failed} failed`);
process.exitCode = failed > 0 ? 1 : 0;

/** The commands of `pnpm check`, one by one, so that each is counted. */
async function checkCommands() {
  const manifest = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8'));
  return /** @type {string} */ (manifest.scripts.check).split('&&').map((command) => command.trim());
}

/**
 * @param {string} command
 * @returns {Promise<Count>}
 */
async function check(command) {
  const [program = '', ...args] = command.split(' ');
  const { code, output } = await run([localProgram(program), ...args], { quiet: true });
  say(`${code === 0 ? '✓' : '✗'} ${command}`);
  if (code === 0) return onePass();
  say(output.trimEnd());
  return oneFailure([command, ...reasonLines([{ message: output }]).map((line) => `    ${line}`)].join('\n'));
}

/**
 * @param {string} config
 * @returns {Promise<Count>}
 */
async function vitest(config) {
  const report = await emptyReport('vitest.json');
  const reporters = ['--reporter=default', `--reporter=${join(ROOT, 'scripts/vitest-report.mjs')}`];
  const end = await run([localProgram('vitest'), 'run', '--config', config, `--retry=${OTHER_TRIES}`, ...reporters], {
    env: { VITEST_REPORT_FILE: report },
    limitMs: RUNNER_LIMIT_MS,
  });
  return countReport('vitest', report, end);
}

/**
 * @param {string} project see `e2e/playwright.config.ts`
 * @param {number} workers tests at a time
 * @returns {Promise<Count>}
 */
async function playwright(project, workers) {
  const report = await emptyReport('playwright.json');
  const config = ['--config', 'e2e/playwright.config.ts', `--project=${project}`, `--workers=${workers}`];
  const command = [localProgram('playwright'), 'test', ...config, `--retries=${OTHER_TRIES}`];
  const env = { PLAYWRIGHT_JSON_OUTPUT_FILE: report };
  const end = await run(command, { env, limitMs: RUNNER_LIMIT_MS });
  return countReport('playwright', report, end);
}

/**
 * Where a runner's report goes. One of an earlier run must not be taken for this one's.
 *
 * @param {string} name
 */
async function emptyReport(name) {
  const file = join(ROOT, '.cache', 'reports', name);
  await rm(file, { force: true });
  return file;
}

/** @returns {Count} */
function onePass() {
  return { passed: 1, failed: 0, failures: [], unsteady: [], skipped: [] };
}

/** @returns {Count} */
function notBuilt() {
  return oneFailure('Not run: the packages do not build.');
}

/**
 * @param {string | undefined} name all of them when undefined
 * @param {'passed' | 'failed'} field
 */
function sum(name, field) {
  return results.filter((result) => name === undefined || result.name === name).reduce((n, r) => n + r.count[field], 0);
}
