import type { BrowserContext } from '@playwright/test';
import type { Site } from '../fixtures/serve.mjs';
import { makeSpeech } from '../fixtures/make-speech.mjs';
import { launchBrowser } from './launch-browser.ts';
import { type RecorderPage, openRecorderPage } from './open-recorder-page.ts';
import { openSite } from './open-site.ts';

/** A browser whose microphone hears one spoken turn, and the recorder's page in it. */
export interface OneTurn extends RecorderPage {
  browser: BrowserContext;
  site: Site;
}

/** Opens it: with a backend under `/v1`, and a profile that outlives the browser, where they are given. */
export async function openOneTurn(options: { server?: string; profile?: string } = {}): Promise<OneTurn> {
  const { server, profile } = options;
  const microphone = { file: (await makeSpeech()).microphones['one-turn-48000']?.file ?? '' };
  const site = await openSite(server === undefined ? {} : { server });
  const browser = await launchBrowser({ microphone, ...(profile !== undefined && { profile }) });
  return { browser, site, ...(await openRecorderPage(browser, site)) };
}
