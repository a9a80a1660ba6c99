import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { countReport } from '../scripts/count.mjs';
import { localProgram, ROOT } from '../scripts/run.mjs';
import { runToEnd } from './support/tool.ts';

/** The last line of `pnpm test` must be true: real runners on planted tests, counted. */

let folder: string;
let report: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'turntape-count-'));
  report = join(folder, 'report.json');
  await symlink(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
});

afterEach(() => rm(folder, { recursive: true }));

async function vitestCount(files: Record<string, string>) {
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
  const command = [localProgram('vitest'), 'run', '--root', folder, '--reporter=json', `--outputFile.json=${report}`];
  const { code } = await runToEnd(command, { cwd: folder, env: withoutVitest() });
  return countReport('vitest', report, { code, timedOut: false });
}

async function playwrightCount(files: Record<string, string>) {
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
  const command = [localProgram('playwright'), 'test', '--reporter=json', '--workers=1'];
  const env = { ...withoutVitest(), PLAYWRIGHT_JSON_OUTPUT_FILE: report };
  const { code } = await runToEnd(command, { cwd: folder, env });
  return countReport('playwright', report, { code, timedOut: false });
}

/** A runner inside a runner must not take itself for a worker of the outer one. */
function withoutVitest(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^VITEST|^TEST$|^NODE_ENV$/.test(name)));
}

const VITEST = `import { expect, test } from 'vitest';\n`;
const PLAYWRIGHT = `import { expect, test } from '@playwright/test';\n`;
const MIXED = `
test('stands', () => expect(1).toBe(1));
test('falls', () => expect(1).toBe(2));
test.skip('sleeps', () => expect(1).toBe(2));
`;
const FALLS = expect.stringMatching(/^falls: .*expect/);

test('[COUNT-1] Vitest: passed, failed and sleeping tests are told apart, and a file that cannot be run is a failure', async () => {
  const count = await vitestCount({
    'mixed.test.mjs': VITEST + MIXED,
    'broken.test.mjs': `import './absent.mjs';\n${VITEST}test('never', () => expect(1).toBe(1));`,
  });
  expect(count).toMatchObject({ passed: 1, failed: 2, skipped: ['sleeps'] });
  expect(count.failures).toEqual(expect.arrayContaining([FALLS, expect.stringContaining('broken.test.mjs')]));
});

test('[COUNT-2] Playwright: a file that cannot be run is a failure', async () => {
  const count = await playwrightCount({
    'mixed.spec.mjs': PLAYWRIGHT + MIXED,
    'broken.spec.mjs': `import './absent.mjs';\n${PLAYWRIGHT}test('never', () => expect(1).toBe(1));`,
  });
  expect(count.failures).toContainEqual(expect.stringContaining('absent.mjs'));
  expect(count.failed).toBeGreaterThanOrEqual(1);
});

test('[COUNT-3] Playwright: passed, failed and sleeping tests are told apart', async () => {
  const count = await playwrightCount({ 'mixed.spec.mjs': PLAYWRIGHT + MIXED });
  expect(count).toEqual({ passed: 1, failed: 1, failures: [FALLS], unsteady: [], skipped: ['sleeps'] });
});

test('[COUNT-7] a test that passed at its second try has passed and is named with what the first one said; one that fell twice has failed', async () => {
  const said = { passed: 1, failed: 1, failures: ['stays down: Error: never'], unsteady: ['rises: Error: not yet'] };
  const ofVitest = `let retry = 0;
    test('rises', { retry: 1 }, () => { if (retry++ === 0) throw new Error('not yet'); });
    test('stays down', { retry: 1 }, () => { throw new Error('never'); });`;
  expect(await vitestCount({ 'twice.test.mjs': VITEST + ofVitest })).toMatchObject(said);
  await rm(join(folder, 'twice.test.mjs'));
  const ofPlaywright = `test.describe.configure({ retries: 1 });
    test('rises', ({}, { retry }) => { if (retry === 0) throw new Error('not yet'); });
    test('stays down', () => { throw new Error('never'); });`;
  expect(await playwrightCount({ 'twice.spec.mjs': PLAYWRIGHT + ofPlaywright })).toMatchObject(said);
});

test('[COUNT-6] a test that could not be run is named with its reason', async () => {
  const asleep = `test('waits', () => test.skip(true, 'needs a sound card'));`;
  const count = await playwrightCount({ 'mixed.spec.mjs': PLAYWRIGHT + MIXED + asleep });
  expect(count.skipped).toEqual(['sleeps', 'waits: needs a sound card']);
});

test('[COUNT-4] a run without a single test is a failure', async () => {
  expect(await vitestCount({})).toMatchObject({ passed: 0, failed: 1 });
  expect(await playwrightCount({ 'none.spec.mjs': PLAYWRIGHT })).toMatchObject({ passed: 0, failed: 1 });
});

test('[COUNT-5] a runner that crashed, hung or wrote nothing is a failure', async () => {
  expect(await countReport('vitest', report, { code: 1, timedOut: false })).toMatchObject({ passed: 0, failed: 1 });
  expect(await countReport('vitest', report, { code: 0, timedOut: true })).toMatchObject({ passed: 0, failed: 1 });
  const testResults = [
    { name: 'a', status: 'passed', message: '', assertionResults: [{ status: 'passed', fullName: 'a' }] },
  ];
  await writeFile(report, JSON.stringify({ testResults }));
  expect(await countReport('vitest', report, { code: 1, timedOut: false })).toMatchObject({ passed: 1, failed: 1 });
  expect(await countReport('vitest', report, { code: 0, timedOut: false })).toMatchObject({ passed: 1, failed: 0 });
});
