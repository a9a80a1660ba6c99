import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ROOT } from '../../scripts/run.mjs';

/** What an app can call of the built package, read from its declarations: nobody has to keep a list. */

const TYPES = join(ROOT, 'packages', 'sdk', 'dist', 'types');

/** What the app makes, and we call. */
const OF_THE_APP: ReadonlySet<string> = new Set(['UploadTarget']);

/** `export { A, type B as C } from './file.ts';` */
const EXPORTED = /export (?:type )?\{([^}]*)\} from '\.\/([^']+)\.ts';/g;

/**
 * `Session.stop`, `Utterance.done`, `createRecorder` …: every method of every exported class and interface, every promise that one
 * of them holds, and every exported function that gives a promise. Without what is marked `@internal`.
 */
export async function publicCalls(): Promise<string[]> {
  const index = await readFile(join(TYPES, 'index.d.ts'), 'utf8');
  const calls: string[] = [];
  for (const [, names = '', file = ''] of index.matchAll(EXPORTED)) {
    const text = await readFile(join(TYPES, `${file}.d.ts`), 'utf8');
    for (const each of names.split(',').map((name) => name.replace('type ', '').trim())) {
      const [name = ''] = each.split(' as ');
      if (name === '' || OF_THE_APP.has(name)) continue;
      if (new RegExp(`^export declare function ${name}\\(.*: Promise<`, 'm').test(text)) calls.push(name);
      calls.push(...membersOf(name, text).map((member) => `${name}.${member}`));
    }
  }
  return [...new Set(calls)].toSorted();
}

function membersOf(name: string, text: string): string[] {
  const [, body = ''] =
    new RegExp(`^export (?:declare class|interface) ${name}\\b[^{]*\\{\\n(.*?)^\\}`, 'ms').exec(text) ?? [];
  const own = body.replaceAll(/ {4}\/\*\* @internal.*?\*\/\n {4}[^\n]*\n/gs, '');
  return Array.from(
    own.matchAll(/^ {4}(?:(?:readonly )?(\w+): Promise<|(\w+|\[Symbol\.asyncDispose\])(?:<[^\n]*?>)?\()/gm),
    ([, promised, method]) => promised ?? method ?? '',
  ).filter((member) => member !== 'constructor');
}
