import { readdir, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const read = (path: string) => readFile(join(ROOT, path), 'utf8');

/** Items of the standard that concern this product. */
const ITEMS = (
  '1.2.4 2.1.1 2.1.3 2.2.1 2.2.2 2.3.3 2.4.1 3.2.1 3.4.1 3.4.2 3.4.3 3.4.6 3.5.1 3.5.2 3.5.5 3.6.1 4.1.1 4.1.3 5.1.1 5.2.1 ' +
  '5.2.2 5.2.4 5.3.2 5.4.1 5.4.2 V8 9.1.1 9.1.3 9.2.1 9.2.3 V12 V16 14.1.1 14.1.2 14.2.1 14.2.7 14.2.8 14.3.1 14.3.3'
).split(' ');

test('[SRV-134] every item of the standard that concerns us has a line, and every rule that a line names stands in the spec', async () => {
  const [text, spec] = await Promise.all([read('docs/asvs.md'), read('docs/spec.md')]);
  const lines = text.split('\n').filter((line) => /^\| (?:V|\d)/.test(line));
  const named = new Set(lines.flatMap((line) => line.split('|')[1]?.match(/V\d+|\d+\.\d+\.\d+/g) ?? []));
  expect(ITEMS.filter((item) => !named.has(item))).toEqual([]);
  for (const line of lines) {
    const rules = line.match(/\b[A-Z]+-\d+\b/g) ?? [];
    expect(rules, line).not.toEqual([]);
    for (const rule of rules) expect(spec, line).toContain(`- **${rule}** `);
  }
});

/** What a page runs, tests and threads left out. */
async function pageSources(): Promise<{ path: string; text: string }[]> {
  const found: string[] = [];
  for (const folder of ['packages/sdk/src/page', 'packages/sdk/src/upload', 'packages/element/src', 'demo/src'])
    for (const path of await readdir(join(ROOT, folder), { recursive: true }))
      if (/(?<!\.test|\.worker)\.ts$/.test(path)) found.push(join(folder, path));
  return Promise.all([...found, 'demo/index.html'].map(async (path) => ({ path, text: await read(path) })));
}

test('[SRV-134] no page of ours listens to the messages of other windows, nor loads anything from elsewhere', async () => {
  const sources = await pageSources();
  expect(sources.length).toBeGreaterThan(100);
  for (const { path, text } of sources) {
    expect(text, path).not.toMatch(
      /(?:window|globalThis)\.addEventListener\(\s*['"]message['"]|(?:window|globalThis)\.onmessage/,
    );
    expect(text, path).not.toMatch(
      /(?:src|href)=["']?https?:\/\/[^"'>]+\.(?:js|mjs|css|wasm)|import\(\s*['"]https?:|importScripts\(/,
    );
  }
});

test('[SRV-134] a file of the recorder says of itself what its channels are, and nothing of who spoke', async () => {
  const folder = join(ROOT, 'packages/sdk/src');
  const names = new Set<string>();
  for (const path of await readdir(folder, { recursive: true })) {
    if (!/(?<!\.test)\.ts$/.test(path)) continue;
    const text = await readFile(join(folder, path), 'utf8');
    for (const [, comments = ''] of text.matchAll(/\bcomments(?: =|:) \{([^}]*)\}/g))
      for (const [, name = ''] of comments.matchAll(/(\w+):/g)) names.add(name);
  }
  expect([...names].sort()).toEqual(['BETWEEN_TURNS', 'CHANNELS']);
});
