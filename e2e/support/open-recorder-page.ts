import type { BrowserContext, Page } from '@playwright/test';
import type * as Turntape from 'turntape';
import type { Site } from '../fixtures/serve.mjs';

declare global {
  interface Window {
    /** The built package, put there by `pages/recorder.html`. */
    turntape: typeof Turntape;
  }
}

/** A page and what went wrong in it: uncaught errors and error lines of its console. */
export interface RecorderPage {
  page: Page;
  troubles: string[];
}

/** Opens the page that has the built package as `window.turntape`, and waits until it is there. */
export async function openRecorderPage(context: BrowserContext, site: Pick<Site, 'url'>): Promise<RecorderPage> {
  const page = context.pages()[0] ?? (await context.newPage());
  const troubles = collectTroubles(page);
  await page.goto(`${site.url}/recorder.html`);
  await page.waitForFunction(() => 'turntape' in window);
  return { page, troubles };
}

/** Writes down what goes wrong in a page from now on. */
export function collectTroubles(page: Page): string[] {
  const troubles: string[] = [];
  page.on('pageerror', (error) => troubles.push(error.stack ?? error.message));
  page.on('console', (message) => {
    if (message.type() === 'error') troubles.push(message.text());
  });
  return troubles;
}
