import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@playwright/test';
import { ROOT } from '../scripts/run.mjs';
import { makeSpeech } from './fixtures/make-speech.mjs';
import { launchBrowser } from './support/launch-browser.ts';
import { openSite } from './support/open-site.ts';
import { startServer } from './support/start-server.ts';

test('[DOC-1] the twenty lines of the README run as they stand, against the reference server', async () => {
  const [, example = ''] = (await readFile(join(ROOT, 'README.md'), 'utf8')).match(/```html\n([\s\S]*?)```/) ?? [];
  const folder = await mkdtemp(join(tmpdir(), 'turntape-readme-'));
  const server = await startServer();
  const token = `<script>window.uploadToken = '${server.token}'</script>`;
  // A bundler would find the package; a plain page needs its address.
  await writeFile(join(folder, 'index.html'), token + example.replace(`'turntape'`, `'./sdk/index.js'`));
  const site = await openSite({ server: server.url, folders: { '/': folder } });
  const file = (await makeSpeech()).microphones['one-turn-48000']?.file ?? '';
  const browser = await launchBrowser({ microphone: { file } });
  const page = browser.pages()[0] ?? (await browser.newPage());
  const lines: string[] = [];
  const errors: string[] = [];
  page.on('console', (message) => lines.push(message.text()));
  page.on('pageerror', (error) => errors.push(error.message));

  await page.goto(`${site.url}/index.html`);
  // Nobody can press it before the recorder is there.
  await page.click('#talk');
  for (const said of [
    /^the user speaks .*client_vad_start/,
    /renderedMs: \d/,
    /^bot [\d.]+ ms/,
    /^user [\d.]+ ms/,
    /has it/,
  ])
    await expect.poll(() => lines.some((line) => said.test(line)), { timeout: 60_000, message: `${said}` }).toBe(true);

  await browser.close();
  await site.close();
  await server.stop();
  await rm(folder, { recursive: true });
  expect(errors).toEqual([]);
});
