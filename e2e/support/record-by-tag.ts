import { expect, type Page } from '@playwright/test';

/** What a page with one `<turn-tape>` and a list `#kept` shows after a word into the microphone. */
export interface TaggedTurns {
  /** The lines of the page's own list, in which each `segment-kept` became one. */
  lines: string[];
}

/** Agrees, speaks one turn, waits until both speakers' turns are kept, and stops. */
export async function recordByTag(page: Page, url: string): Promise<TaggedTurns> {
  await page.goto(url);
  await page.getByRole('button', { name: 'Agree and start' }).click();
  const lines = page.locator('#kept li');
  await expect(lines.filter({ hasText: 'bot' })).toHaveCount(1, { timeout: 60_000 });
  await expect(lines.filter({ hasText: 'user' })).toHaveCount(1, { timeout: 60_000 });
  await page.getByRole('button', { name: 'Stop' }).click();
  await expect(page.locator('turn-tape')).toHaveAttribute('phase', 'ended', { timeout: 30_000 });
  return { lines: await lines.allTextContents() };
}
