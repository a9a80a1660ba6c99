import { type Page, expect } from '@playwright/test';

/** A trouble of the demo, made and ended by its switch. */
export interface DemoTrouble {
  name: string;
  /** What is to be seen, in a sentence. */
  says: string;
  /** Settles when all of it is to be seen. */
  make: (page: Page) => Promise<void>;
  /** What outlives its page is put back. */
  end: (page: Page) => Promise<void>;
}

/** Everything here waits for facts; a busy machine may take its time. */
const SOON = { timeout: 60_000 };

const press = (page: Page, name: string): Promise<void> => page.getByTestId(`trouble-${name}`).click();
const says = (page: Page, text: string | RegExp): Promise<void> =>
  expect(page.getByTestId('trouble-news')).toContainText(text, SOON);
const stands = (page: Page, standing: string): Promise<void> =>
  expect(page.locator(`turn-tape [part~="standing-${standing}"]`)).toBeVisible(SOON);
const nothing = (): Promise<void> => Promise.resolve();

/** All five, in two conversations: what waits is said while somebody speaks, and nobody speaks for long. */
export const DEMO_TALKS: readonly (readonly DemoTrouble[])[] = [
  [
    {
      name: 'disk full',
      says: 'Not a byte can be written: what is said waits in memory.',
      make: async (page) => {
        await press(page, 'disk');
        await expect(page.locator('turn-tape').getByText('This device is full.')).toBeVisible(SOON);
      },
      end: async (page) => {
        await press(page, 'disk');
        await says(page, 'There is room again');
      },
    },
    {
      name: 'plug pulled',
      says: 'No network: what is said waits on this device.',
      make: async (page) => {
        await press(page, 'plug');
        await expect(page.getByTestId('server-state')).toHaveText('Offline', SOON);
        await expect(page.getByTestId('proof')).toHaveAttribute('data-tone', 'warn', SOON);
        await stands(page, 'waiting');
      },
      end: async (page) => {
        await press(page, 'plug');
        await says(page, 'Plugged in');
      },
    },
  ],
  [
    {
      name: 'server killed',
      says: 'Its process is gone: what it had acknowledged is on its disk, the rest is here.',
      make: async (page) => {
        await press(page, 'server');
        await says(page, 'The server is dead');
        await stands(page, 'waiting');
      },
      end: async (page) => {
        await press(page, 'server');
        await says(page, 'up again');
      },
    },
    {
      name: 'page frozen',
      says: 'The page stood still for three seconds, the recording did not.',
      // A machine that stands still beside it has something missing of its own: again.
      make: (page) =>
        expect(async () => {
          await press(page, 'block');
          await expect(page.getByTestId('trouble-news')).toContainText('nothing is missing', { timeout: 15_000 });
        }).toPass(SOON),
      end: nothing,
    },
    {
      name: 'consent withdrawn',
      says: 'It has ended, and cannot begin before somebody agrees again.',
      make: async (page) => {
        await press(page, 'consent');
        await says(page, 'cannot start before somebody agrees');
        await expect(page.locator('turn-tape')).toHaveAttribute('phase', 'consent', SOON);
      },
      end: nothing,
    },
  ],
];

/** On a phone the page is long: of it the recorder and the switches, one below the other. */
export async function phonePicture(page: Page): Promise<Buffer> {
  const away = await page.addStyleTag({
    content: '.top, .hero, demo-caption, demo-tape, .inspector > .panel { display: none !important }',
  });
  const png = await page.locator('main').screenshot();
  await away.evaluate((node: Element) => node.remove());
  return png;
}
