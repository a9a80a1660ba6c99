import { hostname } from 'node:os';
import { buildPackages } from './build.mjs';
import { localProgram, run } from './run.mjs';
import { prepareTools } from './tools.mjs';

/**
 * `npx -y pnpm@12 test:long`: `*.long.test.ts` and the tests tagged @long, and only those. Too long for every change: run by hand, and
 * the results written down.
 */

const say = (/** @type {string} */ line) => console.log(line);

say('Turntape long tests: kills, hours, thousands of requests. They take much longer than `pnpm test`.');
await prepareTools(say);
if (!(await buildPackages(say))) process.exit(1);

const units = [localProgram('vitest'), 'run', '--project', 'node', '--passWithNoTests'];
const { code: unitsCode } = await run(units, { env: { TURNTAPE_LONG: '1' } });
const command = [localProgram('playwright'), 'test', '--config', 'e2e/playwright.config.ts', '--pass-with-no-tests'];
const { code } = await run(command, { env: { TURNTAPE_LONG: '1' } });
const inBrowser = [localProgram('vitest'), 'run', '--project', 'browser', '--testNamePattern', '@long'];
const { code: browserCode } = await run(inBrowser, { env: { VITE_TURNTAPE_LONG: '1' } });
const commit = await run(['git', 'rev-parse', '--short', 'HEAD'], { quiet: true });

say(`
Write the results down in docs/long-run.md, one line for each test:

  | date       | commit  | machine | test | result |
  | ${new Date().toISOString().slice(0, 10)} | ${commit.output.trim()} | ${hostname()} | … | … |

A result without its numbers (how many kills, what was lost, how long) is no result.`);
process.exitCode = code || unitsCode || browserCode;
