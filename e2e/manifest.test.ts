import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { SESSION_EVENT_NAMES } from '@turntape/element';
import { expect, test } from 'vitest';
import { ROOT } from '../scripts/run.mjs';

/** The Custom Elements Manifest, held against the code: what is written by hand in a docblock can be forgotten there. */

interface Named {
  name: string;
  description?: string;
}

interface ElementDoc {
  tagName?: string;
  attributes?: Named[];
  events?: Named[];
  slots?: Named[];
  cssParts?: Named[];
  cssProperties?: Named[];
}

const PACKAGE = join(ROOT, 'packages', 'element');

/** Every source that draws. */
async function sources(): Promise<string> {
  const names = await readdir(join(PACKAGE, 'src'), { recursive: true });
  const wanted = names.filter((name) => name.endsWith('.ts') && !/test\.ts$|^testing|\/testing\//.test(name));
  return (await Promise.all(wanted.map((name) => readFile(join(PACKAGE, 'src', name), 'utf8')))).join('\n');
}

async function elements(): Promise<ElementDoc[]> {
  const { customElements } = JSON.parse(await readFile(join(PACKAGE, 'package.json'), 'utf8')) as {
    customElements: string;
  };
  const { modules } = JSON.parse(await readFile(join(PACKAGE, customElements), 'utf8')) as {
    modules: { declarations: ElementDoc[] }[];
  };
  return modules.flatMap(({ declarations }) => declarations).filter(({ tagName }) => tagName !== undefined);
}

/** Names of its own, and those that a description adds in backticks. */
const namesIn = (list: readonly Named[] = []): string[] =>
  list.flatMap(({ name, description = '' }) => [
    name,
    ...Array.from(description.matchAll(/`([\w-]+)`/g), ([, also = '']) => also),
  ]);

const unique = (names: Iterable<string>): string[] => [...new Set(names)].toSorted();

test('[FRAMEWORK-3] the manifest names every element, event, part, slot and custom property that the code has', async () => {
  const docs = await elements();
  const code = await sources();
  const all = (kind: 'events' | 'slots' | 'cssParts' | 'cssProperties'): string[] =>
    docs.flatMap((doc) => namesIn(doc[kind]));

  const tags = unique(Array.from(code.matchAll(/customElements\.define\('([\w-]+)'/g), ([, tag = '']) => tag));
  expect(docs.map(({ tagName = '' }) => tagName).toSorted()).toEqual(tags);

  const recorder = docs.find(({ tagName }) => tagName === 'turn-tape');
  expect(recorder?.events?.map(({ name }) => name)).toEqual(
    expect.arrayContaining([...SESSION_EVENT_NAMES, 'recorder-ready', 'session-start']),
  );

  const parts = Array.from(code.matchAll(/\spart="([^"]+)"/g), ([, value = '']) =>
    value.replaceAll(/\S*\$\{[^}]*\}\S*/g, ' ').split(/\s+/),
  ).flat();
  expect(unique(parts.filter((part) => part !== '' && !all('cssParts').includes(part)))).toEqual([]);

  const slots = Array.from(code.matchAll(/<slot name="([\w-]+)"/g), ([, slot = '']) => slot);
  expect(unique(slots.filter((slot) => !all('slots').includes(slot)))).toEqual([]);

  const properties = unique(Array.from(code.matchAll(/var\((--turn-tape-[\w-]+)/g), ([, name = '']) => name));
  expect(unique(all('cssProperties').filter((name) => name.startsWith('--')))).toEqual(properties);
});
