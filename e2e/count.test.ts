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
  const reporter = `--reporter=${join(ROOT, 'scripts/vitest-report.mjs')}`;
  const command = [localProgram('vitest'), 'run', '--root', folder, reporter];
  const { code } = await runToEnd(command, { cwd: folder, env: { ...withoutVitest(), VITEST_REPORT_FILE: report } });
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
const FALLS = expect.stringMatching(/^falls\n {4}.*expect/);

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

test('[COUNT-3] [COUNT-6] Playwright: passed, failed and sleeping tests are told apart, and one that could not be run is named with its reason', async () => {
  const asleep = `test('waits', () => test.skip(true, 'needs a sound card'));`;
  const count = await playwrightCount({ 'mixed.spec.mjs': PLAYWRIGHT + MIXED + asleep });
  const skipped = ['sleeps', 'waits: needs a sound card'];
  expect(count).toEqual({ passed: 1, failed: 1, failures: [FALLS], unsteady: [], skipped });
});

test('[COUNT-7] a test that passed at another try has passed and is named with what the tries before it said; one that fell at each has failed', async () => {
  const said = {
    passed: 1,
    failed: 1,
    failures: [expect.stringMatching(/^stays down\n {4}Error: never\n {4}at .*twice\.[a-z]+\.mjs:\d+:\d+$/)],
    unsteady: [expect.stringMatching(/^rises\n {4}Error: not yet\n/)],
  };
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

test('[COUNT-8] a fallen test is told with what differs, with its place, and with every error within its own, the first to happen first', async () => {
  // What is wrong with one of many fields, behind a name that tells nothing.
  const fields = `Object.fromEntries(Array.from({ length: 30 }, (_, n) => ['field' + n, n]))`;
  const planted = `import ${JSON.stringify(join(ROOT, 'scripts/first-failure.mjs'))};
    class Held { async [Symbol.asyncDispose]() { throw new Error('the server does not close'); } }
    test('in many fields', () => expect(${fields}).toMatchObject({ field0: 0, field7: 'seven' }));
    test('and at its end', async () => { await using held = new Held(); expect({ port: 80 }).toEqual({ port: 443 }); });
    test('several', () => { throw new AggregateError([new Error('one leaks'), new Error('two leaks')], 'leaks'); });`;
  const byVitest = await vitestCount({ 'told.test.ts': VITEST + planted });
  await rm(join(folder, 'told.test.ts'));
  for (const { failed, failures } of [byVitest, await playwrightCount({ 'told.spec.ts': PLAYWRIGHT + planted })]) {
    expect(failed).toBe(3);
    const [many = '', atItsEnd = '', several = ''] = failures;
    expect(many).toMatch(/- .*"?field7"?: "seven"/);
    expect(many).toMatch(/\+ .*"?field7"?: 7/);
    expect(many).toMatch(/\n {4}at .*told\.[a-z]+\.ts:\d+:\d+$/);
    expect(atItsEnd).toMatch(/443[^]*the server does not close/);
    expect(several).toMatch(/one leaks[^]*two leaks/);
    for (const told of failures) expect(told.split('\n').length).toBeLessThanOrEqual(15);
  }
});

test('[COUNT-4] a run without a single test is a failure', async () => {
  expect(await vitestCount({})).toMatchObject({ passed: 0, failed: 1 });
  expect(await playwrightCount({ 'none.spec.mjs': PLAYWRIGHT })).toMatchObject({ passed: 0, failed: 1 });
});

test('[COUNT-5] a runner that crashed, hung or wrote nothing is a failure', async () => {
  expect(await countReport('vitest', report, { code: 1, timedOut: false })).toMatchObject({ passed: 0, failed: 1 });
  expect(await countReport('vitest', report, { code: 0, timedOut: true })).toMatchObject({ passed: 0, failed: 1 });
  const tests = [{ fullName: 'a', state: 'passed', errors: [] }];
  const files = [{ name: 'a', errors: [], suiteErrors: [], tests }];
  await writeFile(report, JSON.stringify({ files, unhandledErrors: [] }));
  expect(await countReport('vitest', report, { code: 1, timedOut: false })).toMatchObject({ passed: 1, failed: 1 });
  expect(await countReport('vitest', report, { code: 0, timedOut: false })).toMatchObject({ passed: 1, failed: 0 });
});
