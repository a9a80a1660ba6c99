import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type BrowserContext, type Page, expect, test } from '@playwright/test';
import { ROOT } from '../scripts/run.mjs';
import { makeSpeech } from './fixtures/make-speech.mjs';
import { launchBrowser } from './support/launch-browser.ts';
import { roomMicrophone } from './support/noise-microphone.ts';
import { collectTroubles } from './support/open-recorder-page.ts';
import { openGallery } from './support/open-gallery.ts';
import { LARGEST_PICTURE, type SheetPicture, writeSheet, writeWebp } from './support/picture-sheet.ts';
import { DEMO_TALKS, phonePicture } from './support/demo-troubles.ts';
import { startDemo } from './support/start-demo.ts';

/**
 * Every state of both elements and the demo, by day and by night, on a phone and on a desk. `pnpm pictures` writes them into
 * `docs/pictures`, to be looked at; the long run writes them into `e2e/test-results` and sees that nothing sticks out.
 */

const FOLDER = join(ROOT, process.env['TURNTAPE_PICTURES'] ?? 'e2e/test-results/pictures');
const SCHEMES = ['light', 'dark'] as const;
const WIDTHS = { phone: 360, desktop: 640 } as const;
/** Of a sheet: how many columns, and how wide a picture is on it, in CSS pixels. */
const LAYOUTS = { phone: { columns: 6, widthPx: 200 }, desktop: { columns: 4, widthPx: 310 } } as const;
/** Of a picture of the demo, in bytes: so many as the states of the elements leave. */
const LARGEST_OF_THE_DEMO = 76_000;
/** More states than this go on a second sheet, so that each stays small and can be read. */
const LONGEST_SHEET = 15;

test.beforeAll(() => mkdir(FOLDER, { recursive: true }));

for (const kind of ['recorder', 'player'] as const) {
  test(`[PICTURE-1] every state of the ${kind}, light and dark, phone and desktop: nothing sticks out @long`, async () => {
    test.setTimeout(600_000);
    const gallery = await openGallery();
    // A permission that is there takes a failure for want of it away at once.
    const context = await launchBrowser({ microphone: 'denied' });
    const page = context.pages()[0] ?? (await context.newPage());
    const troubles = collectTroubles(page);
    await page.goto(gallery.url);
    await page.waitForFunction(() => 'gallery' in window);
    const states = await page.evaluate((of) => window.gallery.states[of], kind);
    expect(states.length).toBeGreaterThan(10);
    for (const scheme of SCHEMES)
      for (const width of ['phone', 'desktop'] as const) {
        await page.emulateMedia({ colorScheme: scheme, reducedMotion: 'reduce' });
        await page.setViewportSize({ width: WIDTHS[width] + 24, height: 900 });
        const pictures: SheetPicture[] = [];
        for (const { name, says } of states) {
          await page.evaluate(([of, which]) => window.gallery.show(of, which), [kind, name] as const);
          expect(await stickingOut(page), `${kind} ${name}, ${width}`).toEqual([]);
          pictures.push({ name, says, png: await page.locator('#stage').screenshot() });
        }
        await writeSheets(context, pictures, { kind, scheme, width });
      }
    await context.close();
    await gallery.close();
    // An address that is not there is part of what is shown.
    expect(troubles.filter((line) => !line.startsWith('Failed to load resource'))).toEqual([]);
  });
}

test('[PICTURE-2] the demo in the middle of a conversation, light and dark, phone and desktop @long', async () => {
  test.setTimeout(300_000);
  const demo = await startDemo();
  const speech = (await makeSpeech()).microphones['three-turns-48000']?.file ?? '';
  const file = await roomMicrophone(speech, 48_000);
  const context = await launchBrowser({ microphone: { file } });
  const page = context.pages()[0] ?? (await context.newPage());
  await page.setViewportSize({ width: 1320, height: 940 });
  await page.goto(demo.url);
  await page.getByRole('button', { name: 'Agree and start' }).click();
  // The third word of the microphone's file has been said, and something was cut off.
  const tape = page.getByTestId('tape');
  await expect.poll(() => tape.locator('.tape-turn.user').count(), { timeout: 120_000 }).toBeGreaterThanOrEqual(3);
  await expect(tape.locator('.tape-cut')).not.toHaveCount(0, { timeout: 60_000 });
  await expect(page.getByTestId('server-row').getByText('Stored')).not.toHaveCount(0, { timeout: 60_000 });
  for (const scheme of SCHEMES) await shoot(page, `demo-desktop-${scheme}`, { scheme, width: 1320, height: 940 });
  for (const scheme of SCHEMES) await shoot(page, `demo-phone-${scheme}`, { scheme, width: 390, height: 844 });
  await context.close();
  await demo.stop();
});

test('[PICTURE-4] the demo in each of its troubles, on a desk by day and on a phone by night @long', async () => {
  test.setTimeout(600_000);
  const demo = await startDemo();
  const file = await roomMicrophone((await makeSpeech()).microphones['three-turns-48000']?.file ?? '', 48_000);
  const shots = { desktop: [] as SheetPicture[], phone: [] as SheetPicture[] };
  for (const troubles of DEMO_TALKS) {
    const context = await launchBrowser({ microphone: { file } });
    const page = context.pages()[0] ?? (await context.newPage());
    await page.setViewportSize({ width: 1320, height: 940 });
    await page.goto(demo.url);
    await page.getByRole('button', { name: 'Agree and start' }).click();
    await expect(page.getByTestId('server-row').getByText('Stored')).not.toHaveCount(0, { timeout: 90_000 });
    for (const { name, says, make, end } of troubles) {
      await make(page);
      await page.emulateMedia({ colorScheme: 'light' });
      await page.setViewportSize({ width: 1320, height: 940 });
      await page.evaluate(() => scrollTo(0, 0));
      await settled(page);
      shots.desktop.push({ name, says, png: await page.screenshot() });
      await page.emulateMedia({ colorScheme: 'dark' });
      await page.setViewportSize({ width: 390, height: 844 });
      expect(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), name).toBe(true);
      await settled(page);
      shots.phone.push({ name, says, png: await phonePicture(page) });
      await end(page);
    }
    await context.close();
  }
  const context = await launchBrowser({ microphone: 'denied' });
  const sheets = [
    ['demo-trouble-desktop-light', shots.desktop, 'light', { columns: 2, widthPx: 640 }],
    ['demo-trouble-phone-dark', shots.phone, 'dark', { columns: 5, widthPx: 234 }],
  ] as const;
  for (const [name, pictures, scheme, layout] of sheets) {
    const look = { title: 'The demo in trouble', pictures, scheme, ...layout, largestBytes: LARGEST_OF_THE_DEMO };
    const bytes = await writeSheet(context, join(FOLDER, `${name}.webp`), look);
    expect(bytes, name).toBeLessThanOrEqual(LARGEST_OF_THE_DEMO);
  }
  await context.close();
  await demo.stop();
});

/** What is wider than the room it has: of the page, and of the element's own parts that do not scroll. */
function stickingOut(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const host = document.querySelector('#stage')?.firstElementChild;
    const root = host?.shadowRoot;
    const { right = 0 } = host?.getBoundingClientRect() ?? {};
    const wide = document.documentElement.scrollWidth > innerWidth ? ['the page'] : [];
    const parts = [...(root?.querySelectorAll<HTMLElement>('button, p, header, footer, li, [part~="base"]') ?? [])];
    const out = parts.filter((part) => part.checkVisibility() && part.getBoundingClientRect().right > right + 1);
    return [...wide, ...out.map((part) => part.getAttribute('part') ?? part.tagName)];
  });
}

async function writeSheets(
  context: BrowserContext,
  pictures: readonly SheetPicture[],
  { kind, scheme, width }: { kind: string; scheme: 'light' | 'dark'; width: 'phone' | 'desktop' },
): Promise<void> {
  const sheets = Math.ceil(pictures.length / LONGEST_SHEET);
  const each = Math.ceil(pictures.length / sheets);
  for (let sheet = 0; sheet < sheets; sheet += 1) {
    const name = `${kind}-${width}-${scheme}${sheets > 1 ? `-${sheet + 1}` : ''}`;
    const bytes = await writeSheet(context, join(FOLDER, `${name}.webp`), {
      title: `<turn-tape${kind === 'player' ? '-player' : ''}>, ${WIDTHS[width]} px`.replaceAll('<', '&lt;'),
      pictures: pictures.slice(sheet * each, (sheet + 1) * each),
      scheme,
      ...LAYOUTS[width],
    });
    expect(bytes, name).toBeLessThanOrEqual(LARGEST_PICTURE);
  }
}

/** Drawn in the colours and at the size that were asked for: nothing is on its way from one look to another. */
async function settled(page: Page): Promise<void> {
  const frames = (): Promise<void> =>
    page.evaluate(() => new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(() => drawn()))));
  await frames();
  await page.evaluate(() =>
    Promise.allSettled(
      document
        .getAnimations()
        .filter((animation) => animation instanceof CSSTransition)
        .map(({ finished }) => finished),
    ),
  );
  await frames();
}

async function shoot(
  page: Page,
  name: string,
  { scheme, width, height }: { scheme: 'light' | 'dark'; width: number; height: number },
): Promise<void> {
  await page.emulateMedia({ colorScheme: scheme });
  await page.setViewportSize({ width, height });
  await settled(page);
  expect(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), name).toBe(true);
  const bytes = await writeWebp(page, join(FOLDER, `${name}.webp`), width < 600, LARGEST_OF_THE_DEMO);
  expect(bytes, name).toBeLessThanOrEqual(LARGEST_OF_THE_DEMO);
}
