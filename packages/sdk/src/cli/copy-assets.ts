import { copyFile, mkdir, readFile, stat } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Command, Terminal } from './command.ts';

const HELP = `turntape copy-assets DIR

Copies the files that Turntape loads at run time into DIR, which is made if it is not there: the engine's worker, the
audio worklets, the voice detector with its WebAssembly, and its models. Needed where the bundler does not find them by
itself (esbuild, an IIFE, a server of your own). Run it again after each update of the package: the files belong to it.

Then tell the recorder where your server has them:

  createRecorder({ assetBase: '/turntape/' })

The page must come from the same origin as these files: a Worker does not start from another one.`;

/** The assets lie beside the built command line; `assets.json` there lists them (`build.mjs` writes it). */
const DIST = new URL('.', import.meta.url);

/** `copy-assets DIR`. */
export const copyAssets: Command = {
  name: 'copy-assets',
  usage: 'copy-assets DIR',
  summary: 'copy the files that are loaded at run time into DIR',
  help: HELP,
  async run(args, terminal) {
    const [dir, ...rest] = args;
    const unknown = args.find((arg) => arg.startsWith('-'));
    if (unknown !== undefined) return refuse(terminal, `there is no option ${unknown}`);
    if (dir === undefined || dir === '') return refuse(terminal, 'please say where to: copy-assets DIR');
    if (rest.length > 0) return refuse(terminal, `one DIR, please: ${rest.join(' ')} is too much`);
    try {
      terminal.say(await copyAll(dir));
      return 0;
    } catch (error) {
      terminal.complain(`turntape copy-assets: ${error instanceof Error ? error.message : String(error)}`);
      return 1;
    }
  },
};

function refuse(terminal: Terminal, reason: string): number {
  terminal.complain(`turntape copy-assets: ${reason}.\n\n${HELP}`);
  return 2;
}

async function copyAll(dir: string): Promise<string> {
  const names = JSON.parse(await readFile(new URL('assets.json', DIST), 'utf8')) as readonly string[];
  await mkdir(dir, { recursive: true });
  const lines: string[] = [];
  for (const name of names) {
    const to = join(dir, name);
    await copyFile(fileURLToPath(new URL(name, DIST)), to);
    lines.push(`${relative('.', to)}   ${size((await stat(to)).size)}`);
  }
  return [...lines, `${names.length} files copied to ${dir}. Serve it, and give its address as assetBase.`].join('\n');
}

function size(bytes: number): string {
  return bytes < 1e6 ? `${Math.ceil(bytes / 1000)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}
