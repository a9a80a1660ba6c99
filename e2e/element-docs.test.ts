import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DEFAULT_TEXTS } from '@turntape/element';
import { expect, test } from 'vitest';
import { ROOT } from '../scripts/run.mjs';

/** `docs/element.md`, held against the manifest of the built element. */

interface Named {
  name: string;
  description?: string;
  kind?: string;
  attribute?: string;
}

interface ElementDoc {
  tagName?: string;
  attributes?: Named[];
  members?: Named[];
  events?: Named[];
  slots?: Named[];
  cssParts?: Named[];
  cssProperties?: Named[];
}

const page = (): Promise<string> => readFile(join(ROOT, 'docs', 'element.md'), 'utf8');

async function manifest(): Promise<ElementDoc> {
  const file = join(ROOT, 'packages', 'element', 'dist', 'custom-elements.json');
  const { modules } = JSON.parse(await readFile(file, 'utf8')) as { modules: { declarations: ElementDoc[] }[] };
  const found = modules.flatMap(({ declarations }) => declarations).find(({ tagName }) => tagName === 'turn-tape');
  if (!found) throw new Error('The manifest has no turn-tape.');
  return found;
}

/** What stands in backticks in the first column of the tables of a chapter. */
function firstColumn(text: string, chapter: string): string[] {
  const [, body = ''] = text.split(`\n## ${chapter}\n`);
  const [own = ''] = body.split('\n## ');
  const rows = own.split('\n').filter((line) => line.startsWith('| `'));
  return rows.flatMap((row) => {
    const [, first = ''] = row.split(/(?<!\\)\|/);
    return Array.from(first.matchAll(/`([^`]+)`/g), ([, name = '']) => name);
  });
}

const sorted = (names: Iterable<string>): string[] => [...new Set(names)].toSorted();

/** Names of their own, and those that a description adds in backticks. */
const named = (list: readonly Named[] = []): string[] =>
  list.flatMap(({ name, description = '' }) => [
    name,
    ...Array.from(description.matchAll(/`([\w-]+)`/g), ([, also = '']) => also),
  ]);

test('[FACE-33] docs/element.md names every attribute, event, slot, part and custom property, and no other', async () => {
  const text = await page();
  const doc = await manifest();
  const names = (list: readonly Named[] = []): string[] => sorted(list.map(({ name }) => name));
  expect(sorted(firstColumn(text, 'Attributes'))).toEqual(names(doc.attributes));
  expect(sorted(firstColumn(text, 'Events'))).toEqual(names(doc.events));
  expect(sorted(firstColumn(text, 'Slots'))).toEqual(names(doc.slots));
  expect(sorted(firstColumn(text, 'Parts'))).toEqual(sorted(named(doc.cssParts).filter((name) => !name.endsWith('-'))));
  expect(sorted(firstColumn(text, 'Custom properties'))).toEqual(names(doc.cssProperties));
});

test('[FACE-33] docs/element.md names every property and method, and no other', async () => {
  const text = await page();
  const { members = [], attributes = [] } = await manifest();
  // Those with an attribute stand there.
  const ofAttributes = new Set(
    attributes.map(({ name }) => name.replaceAll(/-(.)/g, (_, letter: string) => letter.toUpperCase())),
  );
  const fields = members
    .filter(({ kind, name }) => kind === 'field' && !ofAttributes.has(name))
    .map(({ name }) => name);
  const methods = members
    .filter(({ kind, name }) => kind === 'method' && !name.endsWith('Callback'))
    .map(({ name }) => name);
  expect(sorted(firstColumn(text, 'Properties'))).toEqual(sorted(fields));
  expect(sorted(firstColumn(text, 'Methods').map((call) => call.replace(/\(.*/, '')))).toEqual(sorted(methods));
});

/** Every place of the texts, as a path. */
function paths(value: unknown, path: string): string[] {
  if (typeof value !== 'object' || value === null) return [path];
  return Object.entries(value).flatMap(([name, inner]) => paths(inner, `${path}.${name}`));
}

test('[FACE-32] the German texts of the docs replace every text there is, and every one of them says something', async () => {
  const [, block = ''] = (await page()).match(/## Another language\n[^]*?```js\n([^]*?)```/) ?? [];
  const element: { texts?: typeof DEFAULT_TEXTS } = {};
  // oxlint-disable-next-line no-new-func, typescript/no-implied-eval -- a piece of our own docs, run as a reader would
  new Function('element', block)(element);
  const { texts } = element;
  if (!texts) throw new Error('The docs set no texts.');
  expect(sorted(paths(texts, 'texts'))).toEqual(sorted(paths(DEFAULT_TEXTS, 'texts')));
  const facts = { delivered: 1, total: 3, backlog: 2, rejected: 1, remainingMs: 9000 };
  for (const say of Object.values(texts.standing)) expect(say(facts)).toMatch(/\w/);
  const said = [texts.heard(900, 4300), texts.heard(900, null), texts.beganAt(65_000), texts.answeredAfter(700)];
  said.push(texts.duration(65_000), texts.play('Sie', 1, '2 s'), texts.stopPlaying('Sie', 1), texts.eraseMeaning(true));
  said.push(texts.lowSpace(null).what, texts.lowSpace(7.5).what, texts.said.ended(3), texts.exported('x.ogg'));
  for (const sentence of said) expect(sentence).not.toMatch(/undefined|NaN|null/);
});
