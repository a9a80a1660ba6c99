import { existsSync } from 'node:fs';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { cpus, totalmem } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { findChromium } from './browser.mjs';
import { buildPackages } from './build.mjs';
import { ROOT, run } from './run.mjs';
import { prepareTools } from './tools.mjs';

/**
 * `npx -y pnpm@12 bench`: figures, not verdicts. Nothing passes or fails here; the same machine, unused by others, makes
 * two runs comparable. `npx -y pnpm@12 bench chunkWriteBench memoryBench` runs these alone.
 */

/** Every function that these modules export is a bench. */
const FOLDERS = ['packages/sdk/bench', 'e2e/bench'];
const RESULTS = join(ROOT, 'bench', 'results');

/**
 * @typedef {object} Row one figure
 * @property {string} name
 * @property {number} value
 * @property {string} unit
 * @property {string} [note]
 */
/** @typedef {{ bench: string, rows: Row[] }} Figures */

/** The names of those that are wanted; none: all. */
const WANTED = process.argv.slice(2);

const say = (/** @type {string} */ line) => console.log(line);

await prepareTools(say);
if (!(await buildPackages(say))) process.exit(1);

/** @type {Figures[]} */
const figures = [];
for (const file of await benchFiles()) {
  for (const [bench, measure] of Object.entries(await import(pathToFileURL(file).href))) {
    if (typeof measure !== 'function' || (WANTED.length > 0 && !WANTED.includes(bench))) continue;
    say(`\n${bench}`);
    /** @type {Row[]} */
    const rows = await measure();
    figures.push({ bench, rows });
    show(rows);
  }
}
say(`\nWritten to ${await keep(figures)}`);

/** The bench modules, in the order of their names. */
async function benchFiles() {
  /** @type {string[]} */
  const files = [];
  for (const folder of FOLDERS) {
    if (!existsSync(join(ROOT, folder))) continue;
    const names = await readdir(join(ROOT, folder));
    files.push(
      ...names
        .filter((name) => name.endsWith('.mjs'))
        .sort()
        .map((name) => join(ROOT, folder, name)),
    );
  }
  return files;
}

/** @param {Row[]} rows */
function show(rows) {
  const width = Math.max(...rows.map(({ name }) => name.length));
  for (const { name, value, unit, note = '' } of rows) {
    const figure = value.toLocaleString('en-US', { maximumSignificantDigits: 4 });
    say(`  ${name.padEnd(width)}  ${figure.padStart(10)} ${unit.padEnd(10)} ${note}`.trimEnd());
  }
}

/**
 * @param {Figures[]} measured
 * @returns {Promise<string>} the file's path
 */
async function keep(measured) {
  const date = new Date().toISOString();
  const browser = await findChromium();
  const cores = cpus();
  const result = {
    date,
    commit: await ask(['git', 'rev-parse', 'HEAD']),
    changed: (await ask(['git', 'status', '--porcelain'])) !== '',
    machine: {
      cpu: cores[0]?.model,
      cores: cores.length,
      memoryGb: Math.round(totalmem() / 1e9),
      os: process.platform,
    },
    node: process.version,
    browser: browser ? await ask([browser, '--version']) : null,
    figures: measured,
  };
  await mkdir(RESULTS, { recursive: true });
  const file = join(RESULTS, `${date.replaceAll(':', '-').slice(0, 19)}.json`);
  await writeFile(file, `${JSON.stringify(result, null, 2)}\n`);
  return file;
}

/**
 * What a program says in one line.
 *
 * @param {string[]} command
 */
async function ask(command) {
  return (await run(command, { quiet: true })).output.trim();
}
