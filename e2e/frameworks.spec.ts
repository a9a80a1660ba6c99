import { join } from 'node:path';
import { expect, test } from '@playwright/test';
import { localProgram, ROOT } from '../scripts/run.mjs';
import { makeSpeech } from './fixtures/make-speech.mjs';
import { serve } from './fixtures/serve.mjs';
import { launchBrowser } from './support/launch-browser.ts';
import { collectTroubles } from './support/open-recorder-page.ts';
import { recordByTag } from './support/record-by-tag.ts';
import { runOrThrow } from './support/tool.ts';

/** The examples that a team would copy: built as they stand, opened, and spoken to. */

const EXAMPLES = ['html', 'react', 'vue', 'svelte'];

const folderOf = (example: string): string => join(ROOT, 'demo', 'examples', example);

test('[FRAMEWORK-1] plain HTML, React, Vue and Svelte: each example builds, records a turn, and hears of it', async () => {
  await Promise.all(EXAMPLES.map((example) => runOrThrow([localProgram('vite'), 'build'], { cwd: folderOf(example) })));
  const file = (await makeSpeech()).microphones['one-turn-48000']?.file ?? '';
  // All at once: most of the time is spent in listening.
  const outcomes = await Promise.all(
    EXAMPLES.map(async (example) => {
      const site = await serve({ folders: { '/': join(folderOf(example), 'dist') } });
      const browser = await launchBrowser({ microphone: { file } });
      const page = browser.pages()[0] ?? (await browser.newPage());
      const troubles = collectTroubles(page);
      const { lines } = await recordByTag(page, site.url);
      await browser.close();
      await site.close();
      return { example, speakers: lines.map((line) => line.replace(/,.*/, '')).toSorted(), troubles };
    }),
  );
  expect(outcomes).toEqual(EXAMPLES.map((example) => ({ example, speakers: ['bot', 'user'], troubles: [] })));
});
