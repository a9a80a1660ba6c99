import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { localProgram, ROOT } from '../scripts/run.mjs';
import { runToEnd } from './support/tool.ts';

/**
 * Folders are worlds, and the compiler knows. Small files are planted into a copy of the package's tsconfig programs:
 * what a world lacks must not compile in it, and the same file without that line must.
 */

let workspace: string;

beforeAll(async () => {
  workspace = await mkdtemp(join(tmpdir(), 'turntape-worlds-'));
  const sdk = join('packages', 'sdk');
  await mkdir(join(workspace, sdk), { recursive: true });
  for (const config of ['tsconfig.base.json', '.oxlintrc.json']) await cp(join(ROOT, config), join(workspace, config));
  for (const world of ['core', 'audio', 'engine', 'page', 'service-worker', 'node']) {
    const config = join(sdk, `tsconfig.${world}.json`);
    await cp(join(ROOT, config), join(workspace, config));
  }
  // The worlds' types: @types/audioworklet and @types/node are found as the real package finds them.
  await symlink(join(ROOT, sdk, 'node_modules'), join(workspace, sdk, 'node_modules'));
  await symlink(join(ROOT, 'node_modules'), join(workspace, 'node_modules'));
});

afterAll(() => rm(workspace, { recursive: true }));

async function plant(files: Record<string, string>): Promise<void> {
  const source = join(workspace, 'packages', 'sdk', 'src');
  await rm(source, { recursive: true, force: true });
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(source, path)), { recursive: true });
    await writeFile(join(source, path), text);
  }
}

/** What the compiler says of a world that holds these files; '' when it is content. */
async function compile(world: string, files: Record<string, string>): Promise<string> {
  await plant(files);
  const config = join(workspace, 'packages', 'sdk', `tsconfig.${world}.json`);
  const { code, output } = await runToEnd([localProgram('tsc'), '-p', config, '--noEmit', '--pretty', 'false']);
  expect(code === 0, output).toBe(output === '');
  return output;
}

/** A file, the line in it that is at fault, and what the compiler must say of it. */
interface Fault {
  world: string;
  file: string;
  sound: string;
  fault: string;
  says: RegExp;
  /** Files that are there in both cases. */
  beside?: Record<string, string>;
}

async function expectFault({ world, file, sound, fault, says, beside = {} }: Fault): Promise<void> {
  expect(await compile(world, { ...beside, [file]: `${sound}\n` })).toBe('');
  expect(await compile(world, { ...beside, [file]: `${sound}\n${fault}\n` })).toMatch(says);
}

const missing = (name: string) => new RegExp(`error TS(2304|2584): Cannot find name '${name}'`);
/** A file of another world is not in the program: it cannot even be reached by import. */
const foreign = /error TS6307: File '.*' is not listed within the file list of project/;

test('[WORLD-1] `document` is no word of the engine', () =>
  expectFault({
    world: 'engine',
    file: 'engine/planted.ts',
    sound: `export const reply = (data: ArrayBuffer) => postMessage(data, [data]);`,
    fault: `export const title = document.title;`,
    says: missing('document'),
  }));

test('[WORLD-2] `fetch` is no word of the audio thread', () =>
  expectFault({
    world: 'audio',
    file: 'audio-thread/planted.worklet.ts',
    sound: [
      `class Planted extends AudioWorkletProcessor { process(): boolean { return currentFrame >= 0; } }`,
      `registerProcessor('planted', Planted);`,
    ].join('\n'),
    fault: `export const answer = fetch('/');`,
    says: missing('fetch'),
  }));

test.each(['performance', 'setTimeout', 'console', 'Blob', 'document', 'self'])(
  '[WORLD-3] `%s` is no word of core',
  (name) =>
    expectFault({
      world: 'core',
      file: 'core/planted.ts',
      sound: `export const later = (atMs: number) => atMs + 1;`,
      fault: `export const borrowed = ${name};`,
      says: missing(name),
    }),
);

test('[WORLD-4] a shared room that borrows a word of the page compiles in no other world', () =>
  expectFault({
    world: 'engine',
    file: 'storage/planted.ts',
    sound: `export const open = () => indexedDB.open('planted');`,
    fault: `export const hidden = document.visibilityState;`,
    says: missing('document'),
  }));

test('[WORLD-5] the engine cannot import from the page', () =>
  expectFault({
    world: 'engine',
    file: 'engine/planted.ts',
    sound: `import { word } from '../core/word.ts';\nexport const said = word;`,
    fault: `import { shown } from '../page/shown.ts';\nexport const seen = shown;`,
    says: foreign,
    beside: { 'core/word.ts': `export const word = 'turn';`, 'page/shown.ts': `export const shown = 'turn';` },
  }));

test('[WORLD-6] the page cannot import from the engine', () =>
  expectFault({
    world: 'page',
    file: 'page/planted.ts',
    sound: `import { word } from '../core/word.ts';\nexport const shown = word + document.title;`,
    fault: `import { heard } from '../engine/heard.ts';\nexport const copied = heard;`,
    says: foreign,
    beside: { 'core/word.ts': `export const word = 'turn';`, 'engine/heard.ts': `export const heard = 'turn';` },
  }));

test('[WORLD-7] the audio thread cannot import from the engine', () =>
  expectFault({
    world: 'audio',
    file: 'audio-thread/planted.ts',
    sound: `import { word } from '../core/word.ts';\nexport const said = word + currentFrame;`,
    fault: `import type { Heard } from '../engine/heard.ts';\nexport type Copied = Heard;`,
    says: foreign,
    beside: { 'core/word.ts': `export const word = 'turn';`, 'engine/heard.ts': `export type Heard = string;` },
  }));

test('[WORLD-8] core imports nothing but core', () =>
  expectFault({
    world: 'core',
    file: 'core/planted.ts',
    sound: `import { word } from './word.ts';\nexport const said = word;`,
    fault: `import { kept } from '../storage/kept.ts';\nexport const stored = kept;`,
    says: foreign,
    beside: { 'core/word.ts': `export const word = 'turn';`, 'storage/kept.ts': `export const kept = 'turn';` },
  }));

test.each([
  ['storage', 'upload'],
  ['upload', 'storage'],
  ['codecs', 'page'],
])('[WORLD-9] the linter keeps %s from importing %s, which the compiler cannot', async (room, other) => {
  const lint = async (line: string) => {
    await plant({ [`${room}/planted.ts`]: line, [`${other}/other.ts`]: `export const other = 'turn';\n` });
    return (await runToEnd([localProgram('oxlint'), 'packages/sdk/src'], { cwd: workspace })).output;
  };
  expect(await lint(`export const own = 'turn';\n`)).not.toContain('no-restricted-imports');
  expect(await lint(`export { other } from '../${other}/other.ts';\n`)).toContain('no-restricted-imports');
});
