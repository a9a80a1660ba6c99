import { buildPackages } from './build.mjs';
import { localProgram, run } from './run.mjs';

/** `npx -y pnpm@12 pictures`: takes the pictures of docs/pictures anew. Look at every one of them before they are committed. */

const say = (/** @type {string} */ line) => console.log(line);

if (!(await buildPackages(say))) process.exit(1);
const command = [localProgram('playwright'), 'test', '--config', 'e2e/playwright.config.ts', 'e2e/pictures.spec.ts'];
const { code } = await run(command, { env: { TURNTAPE_LONG: '1', TURNTAPE_PICTURES: 'docs/pictures' } });
process.exitCode = code;
