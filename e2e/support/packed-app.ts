import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect } from '@playwright/test';
import type { Segment } from 'turntape';
import { ROOT } from '../../scripts/run.mjs';
import { makeSpeech } from '../fixtures/make-speech.mjs';
import { serve, type Site } from '../fixtures/serve.mjs';
import { launchBrowser } from './launch-browser.ts';
import { collectTroubles } from './open-recorder-page.ts';
import { installInto, pack } from './pack.ts';

/** The packages as they would be published, in apps that know nothing of this workspace. */

declare global {
  interface Window {
    recordOneTurn(): Promise<Segment>;
  }
}

/** As strict as a page can be that runs WASM: nothing inline, no `blob:`, no `data:`, no other origin. */
const STRICT =
  "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self'; worker-src 'self'; style-src 'self'";

/** A folder for apps, and the packages' tarballs. */
export interface Packed extends AsyncDisposable {
  folder: string;
  sdk: string;
  element: string;
}

export async function packAll(): Promise<Packed> {
  const folder = await mkdtemp(join(tmpdir(), 'turntape-packed-'));
  const [sdk, element] = [await pack('packages/sdk'), await pack('packages/element')];
  return { folder, sdk, element, [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }) };
}

/**
 * An app with the packages installed, in a folder of its own.
 *
 * @param files path in the app → its text, or `{ from }`: a file of `e2e/packed`
 */
export async function newApp(
  { folder }: Packed,
  name: string,
  files: Record<string, string | { from: string }>,
  packages: readonly string[],
): Promise<string> {
  const app = join(folder, name);
  await mkdir(app);
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(app, path)), { recursive: true });
    if (typeof content === 'string') await writeFile(join(app, path), content);
    else await cp(join(ROOT, 'e2e', 'packed', content.from), join(app, path));
  }
  await writeFile(join(app, 'package.json'), JSON.stringify({ name, private: true, type: 'module' }));
  await installInto(app, packages);
  return app;
}

/** The page, and the script of `e2e/packed` that is its `main.js`. */
export function pageWith(script: string): Record<string, { from: string }> {
  return {
    'index.html': { from: 'page.html' },
    'main.js': { from: script },
    'record-one-turn.js': { from: 'record-one-turn.js' },
  };
}

/** Serves a folder under the strict policy, and expects one turn kept with nothing refused or missing. */
export async function expectOneTurnUnderPolicy(root: string): Promise<void> {
  const site: Site = await serve({ folders: { '/': root }, policy: STRICT });
  try {
    await expectOneTurn(site.url);
    expect(site.answers.filter(({ status }) => status >= 400)).toEqual([]);
    expect(site.violations).toEqual([]);
  } finally {
    await site.close();
  }
}

/** Opens the page, speaks one turn into it, and expects it kept, with a true detector, and nothing to complain of. */
export async function expectOneTurn(url: string): Promise<void> {
  const speech = (await makeSpeech()).microphones['one-turn-48000']!;
  const browser = await launchBrowser({ microphone: speech });
  try {
    const page = browser.pages()[0]!;
    const troubles = collectTroubles(page);
    await page.goto(url);
    await page.waitForFunction(() => 'recordOneTurn' in window);
    const segment = await page.evaluate(() => window.recordOneTurn());

    const [turn] = speech.turns;
    expect(segment).toMatchObject({ speaker: 'user', format: 'opus', sampleRate: 48000, part: 1, isLast: true });
    expect(segment.durationMs).toBeGreaterThan(turn!.offsetMs - turn!.onsetMs);
    expect(segment.byteSize).toBeGreaterThan(4096);
    expect(segment.capture.vad).toMatchObject({ model: 'v6' });
    expect(troubles).toEqual([]);
  } finally {
    await browser.close();
  }
}
