// Makes src/engine/echo/echo-kernel.wasm.ts of echo-kernel.as: `node echo-kernel/build.mjs`, with a network. What it makes is committed, so
// that nobody who builds or tests the package needs the compiler, which is of 100 MB.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const COMPILER = 'assemblyscript@0.28.20';
const source = new URL('echo-kernel.as', import.meta.url).pathname;
const made = new URL('../src/engine/echo/echo-kernel.wasm.ts', import.meta.url).pathname;

const folder = mkdtempSync(join(tmpdir(), 'turntape-kernel-'));
try {
  copyFileSync(source, join(folder, 'kernel.ts'));
  const settings = ['--runtime', 'stub', '--enable', 'simd', '--noAssert', '-O3', '--initialMemory', '1'];
  execFileSync('npx', ['-y', '-p', COMPILER, 'asc', 'kernel.ts', '-o', 'kernel.wasm', ...settings], { cwd: folder });
  const binary = readFileSync(join(folder, 'kernel.wasm')).toString('base64');
  const sha256 = createHash('sha256').update(readFileSync(source)).digest('hex');
  writeFileSync(
    made,
    `/** Made of \`echo-kernel/echo-kernel.as\` by \`echo-kernel/build.mjs\`: base64. */
export const ECHO_KERNEL =
  '${binary}';

/** Of that source. */
export const SOURCE_SHA256 = '${sha256}';
`,
  );
} finally {
  rmSync(folder, { recursive: true });
}
