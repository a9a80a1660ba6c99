import { readFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { create, ts } from '@custom-elements-manifest/analyzer';
import { litPlugin } from '@custom-elements-manifest/analyzer/src/features/framework-plugins/lit/lit.js';

/**
 * Writes `dist/custom-elements.json`, the Custom Elements Manifest: what editors, Storybook and generators of wrappers know of
 * the elements. It is read from the classes and their docblocks; `src/manifest.test.ts` holds it against the code.
 */

const HERE = new URL('.', import.meta.url).pathname;

/** Files that hold an element or register one; nothing else is of interest outside. */
const OF_INTEREST = /extends ((Lit|Form|Settings)Element|PlayerSettings)|customElements\.define\(/;

/** @type {import('@custom-elements-manifest/analyzer').Plugin} */
const publicOnly = {
  name: 'public-only',
  packageLinkPhase({ customElementsManifest }) {
    for (const { declarations = [] } of customElementsManifest.modules) {
      for (const declaration of declarations) {
        if (!('members' in declaration)) continue;
        declaration.members = declaration.members?.filter(
          ({ name, privacy, static: own }) =>
            !name.startsWith('#') && privacy !== 'private' && privacy !== 'protected' && !own,
        );
        // An event that is sent under the name in a variable is found in the code, and has no name there.
        if ('events' in declaration) declaration.events = declaration.events?.filter(({ description }) => description);
      }
    }
  },
};

const files = (await readdir(join(HERE, 'src'), { recursive: true }))
  .filter((name) => name.endsWith('.ts') && !/\.test\.ts$|^testing\/|\/testing\//.test(name))
  .sort();
const modules = [];
for (const name of files) {
  const text = await readFile(join(HERE, 'src', name), 'utf8');
  if (OF_INTEREST.test(text)) modules.push(ts.createSourceFile(`src/${name}`, text, ts.ScriptTarget.ES2022, true));
}
const manifest = create({ modules, plugins: [...litPlugin(), publicOnly], context: { dev: false } });
await writeFile(join(HERE, 'dist', 'custom-elements.json'), `${JSON.stringify(manifest, null, 2)}\n`);
