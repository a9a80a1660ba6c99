import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@playwright/test';
import type { Segment } from 'turntape';
import { ROOT } from '../scripts/run.mjs';
import { makeSpeech } from './fixtures/make-speech.mjs';
import { serve, type Site } from './fixtures/serve.mjs';
import { launchBrowser } from './support/launch-browser.ts';
import { collectTroubles } from './support/open-recorder-page.ts';
import { installInto, pack } from './support/pack.ts';
import { runOrThrow } from './support/tool.ts';

/** The packages as they would be published, in apps that know nothing of this workspace. */

/** As strict as a page can be that runs WASM: nothing inline, no `blob:`, no `data:`, no other origin. */
const STRICT =
  "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self'; worker-src 'self'; style-src 'self'";

declare global {
  interface Window {
    recordOneTurn(): Promise<Segment>;
  }
}

let folder: string;
let tarballs: { sdk: string; element: string };

test.beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'turntape-packed-'));
  tarballs = { sdk: await pack('packages/sdk'), element: await pack('packages/element') };
});

test.afterAll(() => rm(folder, { recursive: true, force: true }));

/** An app folder with the page, its script and the packages installed. */
async function newApp(name: string, script: string, packages: string[]): Promise<string> {
  const app = join(folder, name);
  const source = join(ROOT, 'e2e', 'packed');
  await cp(join(source, 'page.html'), join(app, 'index.html'));
  await cp(join(source, script), join(app, 'main.js'));
  await cp(join(source, 'record-one-turn.js'), join(app, 'record-one-turn.js'));
  await writeFile(join(app, 'package.json'), JSON.stringify({ name, private: true, type: 'module' }));
  await installInto(app, packages);
  return app;
}

/** Opens the page under the strict policy, speaks one turn into it, and expects it kept with nothing refused or missing. */
async function expectOneTurn(root: string): Promise<void> {
  const site: Site = await serve({ folders: { '/': root }, policy: STRICT });
  const speech = (await makeSpeech()).microphones['one-turn-48000']!;
  const browser = await launchBrowser({ microphone: speech });
  try {
    const page = browser.pages()[0]!;
    const troubles = collectTroubles(page);
    await page.goto(site.url);
    await page.waitForFunction(() => 'recordOneTurn' in window);
    const segment = await page.evaluate(() => window.recordOneTurn());

    const [turn] = speech.turns;
    expect(segment).toMatchObject({ speaker: 'user', format: 'opus', sampleRate: 48000, part: 1, isLast: true });
    expect(segment.durationMs).toBeGreaterThan(turn!.offsetMs - turn!.onsetMs);
    expect(segment.byteSize).toBeGreaterThan(4096);
    expect(segment.capture.vad).toMatchObject({ model: 'v6' });
    expect(site.answers.filter(({ status }) => status >= 400)).toEqual([]);
    expect(site.violations).toEqual([]);
    expect(troubles).toEqual([]);
  } finally {
    await browser.close();
    await site.close();
  }
}

test('[PACK-1] the packed packages record a turn in a fresh Vite 8 app, built, under a strict policy', async () => {
  const app = await newApp('vite-app', 'vite-app.js', [tarballs.sdk, tarballs.element, 'vite@8.3.8']);
  await runOrThrow(['npx', 'vite', 'build'], { cwd: app });
  await expectOneTurn(join(app, 'dist'));
});

test('[PACK-2] the packed package records a turn in a plain static page under a strict policy', async () => {
  await expectOneTurn(await newApp('plain-page', 'plain-page.js', [tarballs.sdk]));
});

test('[PACK-8] element and recorder in one file record a turn in a plain page, from assets that the package copied', async () => {
  const app = await newApp('one-file', 'one-file.js', [tarballs.sdk, tarballs.element]);
  await runOrThrow(['npx', 'turntape', 'copy-assets', 'turntape'], { cwd: app });
  const bundle = join('node_modules', '@turntape', 'element', 'dist', 'turn-tape.bundle.js');
  await cp(join(app, bundle), join(app, 'turntape', 'turn-tape.bundle.js'));
  await expectOneTurn(app);
});
