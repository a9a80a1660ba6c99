import type { Page } from '@playwright/test';

/** What any interface of the browser can read of this origin. */
export interface Leftovers {
  /** Rows of every store that has some, of every database. */
  rows: Record<string, number>;
  caches: string[];
  /** Names in the origin's private file system. */
  files: string[];
  /** Keys of localStorage and sessionStorage, and names of cookies. */
  keys: string[];
}

declare global {
  interface Window {
    /** Put there by `watchLeftovers`. */
    leftovers: () => Promise<Leftovers>;
  }
}

/** Gives a page of the test site `window.leftovers()`. */
export async function watchLeftovers(page: Page): Promise<void> {
  await page.addScriptTag({ url: '/leftovers.js', type: 'module' });
  await page.waitForFunction(() => 'leftovers' in window);
}
