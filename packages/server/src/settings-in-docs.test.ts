import { readdir, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { USAGE } from './command-line.ts';

const SOURCE = fileURLToPath(new URL('.', import.meta.url));
const README = await readFile(join(SOURCE, '..', 'README.md'), 'utf8');

/** Settings that a text names, each once: options and variables of the environment. */
const optionsIn = (text: string) => new Set(text.match(/(?<![\w-])--[a-z][a-z-]+/g));
const variablesIn = (text: string) => new Set(text.match(/\b(?:TURNTAPE|DATABASE|STORAGE|AWS)(?:_[A-Z0-9]+)*\b/g));

test('[SRV-20] every option and variable that the code reads is in the help or the README, and these name no other', async () => {
  const options = new Set(
    Array.from(
      (await readFile(join(SOURCE, 'command-line.ts'), 'utf8')).matchAll(/^ {2}'?([a-z-]+)'?: \{ type: '/gm),
      ([, name]) => `--${name}`,
    ),
  );
  const variables = new Set<string>();
  for (const name of await readdir(SOURCE)) {
    if (!name.endsWith('.ts') || name.endsWith('.test.ts')) continue;
    const code = await readFile(join(SOURCE, name), 'utf8');
    for (const [, variable = ''] of code.matchAll(/environment\['(\w+)'\]|need\('(\w+)'\)/g)) variables.add(variable);
    for (const [, , variable = ''] of code.matchAll(/(environment\['\w+'\])|need\('(\w+)'\)/g))
      if (variable !== '') variables.add(variable);
  }
  variables.delete('');
  expect(options.size).toBeGreaterThan(20);
  expect(variables.size).toBeGreaterThan(10);
  const told = new Set([...optionsIn(USAGE), ...optionsIn(README)]);
  expect([...options].filter((option) => !told.has(option))).toEqual([]);
  // Of `unseal` and of the command itself.
  const others = new Set(['--help', '--version', '--key', '--out']);
  expect([...told].filter((option) => !options.has(option) && !others.has(option))).toEqual([]);
  const named = new Set([...variablesIn(USAGE), ...variablesIn(README)]);
  expect([...variables].filter((variable) => !named.has(variable))).toEqual([]);
  named.delete('AWS');
  named.delete('TURNTAPE');
  expect([...named].filter((variable) => !variables.has(variable))).toEqual([]);
});
