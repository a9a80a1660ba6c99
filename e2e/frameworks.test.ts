import { cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ROOT } from '../scripts/run.mjs';
import { runToEnd } from './support/tool.ts';

/**
 * The examples under their own framework's checker, and beside each a copy with two faults: a format that there is not, and
 * a detail that no event has. The checker must name these two and nothing else.
 */

const CHECKS = {
  react: { component: 'conversation.tsx', command: ['tsc', '--noEmit', '-p'] },
  vue: { component: 'Conversation.vue', command: ['vue-tsc', '--noEmit', '-p'], readOnly: 'phase="recording"' },
  svelte: { component: 'Conversation.svelte', command: ['svelte-check', '--output', 'machine', '--workspace'] },
} as const;

test.concurrent.each(Object.entries(CHECKS))(
  '[FRAMEWORK-2] %s: its types take what the element takes, and nothing else',
  async (example, { component, command: [program, ...args], ...more }) => {
    const folder = join(ROOT, 'demo', 'examples', example);
    const copy = join(folder, '.cache', 'types');
    await rm(copy, { recursive: true, force: true });
    await mkdir(copy, { recursive: true });
    await cp(join(folder, 'src'), join(copy, 'src'), { recursive: true });
    await cp(join(folder, 'tsconfig.json'), join(copy, 'tsconfig.json'));
    const sound = await readFile(join(folder, 'src', component), 'utf8');
    // Vue's checker lets unknown attributes pass: what may only be read has to be refused by name.
    const also = 'readOnly' in more ? ` ${more.readOnly}` : '';
    const faulty = sound
      .replace('format="opus"', `format="flac"${also}`)
      .replace('(detail.session)', '(detail.nothing)');
    await writeFile(join(copy, 'src', `faulty-${component}`), faulty);

    const { output } = await runToEnd([join(folder, 'node_modules', '.bin', program), ...args, copy], { cwd: folder });

    const errors = output.split('\n').filter((line) => /error/i.test(line) && line.includes(component));
    expect(errors, output).toHaveLength(also === '' ? 2 : 3);
    expect(
      errors.every((line) => line.includes('faulty-')),
      output,
    ).toBe(true);
    expect(errors[0]).toContain('flac');
    expect(errors.at(-1)).toContain('nothing');
    if (also !== '') expect(errors.join('\n')).toMatch(/phase|'string' is not assignable to type 'undefined'/u);
  },
  60_000,
);
