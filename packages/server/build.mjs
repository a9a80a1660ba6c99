// Bundles src/ into dist/ (or the folder named): ESM for Node, dependencies left as imports. Types come from tsc.
import { readFileSync } from 'node:fs';
import { chmod, rm } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { resolve } from 'node:path';
import { rolldown } from 'rolldown';

const root = fileURLToPath(new URL('.', import.meta.url));
const out = resolve(root, process.argv[2] ?? 'dist');
const { dependencies } = JSON.parse(readFileSync(new URL('package.json', import.meta.url), 'utf8'));
const names = Object.keys(dependencies);

await rm(out, { recursive: true, force: true });
const bundle = await rolldown({
  cwd: root,
  input: { index: 'src/index.ts', cli: 'src/cli.ts', 'engine.worker': 'src/embedded/engine.worker.ts' },
  platform: 'node',
  external: (id) => names.some((name) => id === name || id.startsWith(`${name}/`)),
  transform: { target: 'node20' },
});
// No deeper than dist/: the migrations are found beside it.
await bundle.write({ dir: out, format: 'esm', sourcemap: true, chunkFileNames: '[name]-[hash].js' });
await bundle.close();
await chmod(resolve(out, 'cli.js'), 0o755);
