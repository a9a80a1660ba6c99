import { createHash } from 'node:crypto';
import { readdirSync } from 'node:fs';
import type { Plugin } from 'vite';

/** Files that the demo never asks for: models and encoders of other settings, and maps. */
const NOT_NEEDED = /silero_vad_(v5|legacy)|lame|mp3\.encoder|sealer|\.map$/;

/**
 * Builds the service worker under a name without a hash, and writes into it what the page is made of: `SHELL_FILES` and
 * `SHELL_VERSION`. Another file means another version, and the browser takes it in.
 */
export function appShell({ entry, output }: { entry: string; output: string }): Plugin {
  let publicFiles: string[] = [];
  return {
    name: 'app-shell',
    apply: 'build',
    configResolved({ publicDir }) {
      publicFiles = readdirSync(publicDir);
    },
    generateBundle(_options, bundle) {
      const worker = Object.values(bundle).find((file) => file.type === 'chunk' && file.name === entry);
      if (worker?.type !== 'chunk') throw new Error(`There is no entry ${entry}.`);
      const names = Object.keys(bundle).filter((name) => name !== worker.fileName && !NOT_NEEDED.test(name));
      const files = [
        './',
        ...[...names, ...publicFiles].filter((name) => !name.endsWith('.html')).map((name) => `./${name}`),
      ].toSorted();
      const hash = createHash('sha256').update(files.join('\n'));
      for (const file of Object.values(bundle)) if (file.fileName.endsWith('.html')) hash.update(JSON.stringify(file));
      worker.code = worker.code
        .replaceAll('SHELL_FILES', JSON.stringify(files))
        .replaceAll('SHELL_VERSION', JSON.stringify(hash.digest('hex').slice(0, 12)));
      if (worker.fileName !== output) throw new Error(`The service worker must be ${output}, not ${worker.fileName}.`);
    },
  };
}
