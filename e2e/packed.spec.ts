import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from '@playwright/test';
import { expectOneTurnUnderPolicy, newApp, packAll, pageWith, type Packed } from './support/packed-app.ts';
import { runOrThrow } from './support/tool.ts';

/** The packages as they would be published, where every page has a strict policy. Other bundlers: `bundlers.spec.ts`. */

let packed: Packed;

test.beforeAll(async () => {
  packed = await packAll();
});

test.afterAll(() => packed[Symbol.asyncDispose]());

test('[PACK-1] the packed packages record a turn in a fresh Vite 8 app, built, under a strict policy', async () => {
  const app = await newApp(packed, 'vite-app', pageWith('vite-app.js'), [packed.sdk, packed.element, 'vite@8.3.8']);
  await runOrThrow(['npx', 'vite', 'build'], { cwd: app });
  await expectOneTurnUnderPolicy(join(app, 'dist'));
});

test('[PACK-2] the packed package records a turn in a plain static page under a strict policy', async () => {
  await expectOneTurnUnderPolicy(await newApp(packed, 'plain-page', pageWith('plain-page.js'), [packed.sdk]));
});

test('[PACK-8] element and recorder in one file record a turn in a plain page, from assets that the package copied', async () => {
  const app = await newApp(packed, 'one-file', pageWith('one-file.js'), [packed.sdk, packed.element]);
  await runOrThrow(['npx', 'turntape', 'copy-assets', 'turntape'], { cwd: app });
  const bundle = join('node_modules', '@turntape', 'element', 'dist', 'turn-tape.bundle.js');
  await cp(join(app, bundle), join(app, 'turntape', 'turn-tape.bundle.js'));
  await expectOneTurnUnderPolicy(app);
});
