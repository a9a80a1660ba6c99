import { writeFile } from 'node:fs/promises';
import type { BrowserContext, Page } from '@playwright/test';

/** One picture of a sheet. */
export interface SheetPicture {
  name: string;
  says: string;
  png: Buffer;
}

/** What a sheet looks like. */
export interface SheetOptions {
  title: string;
  pictures: readonly SheetPicture[];
  scheme: 'light' | 'dark';
  columns: number;
  /** Of one picture on the sheet, in CSS pixels. */
  widthPx: number;
  /** Of the file. Default {@link LARGEST_PICTURE}. */
  largestBytes?: number;
}

/** No committed picture is larger, in bytes: all of them together stay below 1.8 MB. */
export const LARGEST_PICTURE = 90_000;
const QUALITIES = [82, 72, 62, 52, 44, 36, 28, 20, 12];

/** Lays pictures out on one sheet, each under its name, and writes it as WebP: as good as it can be within the limit. */
export async function writeSheet(context: BrowserContext, file: string, options: SheetOptions): Promise<number> {
  const { title, pictures, scheme, columns, widthPx, largestBytes } = options;
  const page = await context.newPage();
  await page.setViewportSize({ width: columns * (widthPx + 20) + 20, height: 800 });
  const colors = scheme === 'light' ? 'background:#f6f6f3;color:#17191d' : 'background:#101114;color:#eceef1';
  const figures = pictures.map(
    ({ name, says, png }) =>
      `<figure><img width="${widthPx}" src="data:image/png;base64,${png.toString('base64')}"><figcaption><b>${name}</b><br>${says}</figcaption></figure>`,
  );
  await page.setContent(`<body style="margin:0;padding:20px;${colors};font:11px/1.35 system-ui,sans-serif">
    <h1 style="margin:0 0 14px;font-size:16px">${title}</h1>
    <div style="columns:${columns};column-gap:20px">${figures.join('')}</div>
    <style>figure{margin:0 0 18px;break-inside:avoid}img{display:block;margin-block-end:5px}figcaption{opacity:.85}</style>`);
  const size = await writeWebp(page, file, true, largestBytes);
  await page.close();
  return size;
}

/** What a page shows, as WebP within the limit. Gives its size in bytes. */
export async function writeWebp(
  page: Page,
  file: string,
  fullPage: boolean,
  largestBytes = LARGEST_PICTURE,
): Promise<number> {
  const devtools = await page.context().newCDPSession(page);
  const { cssContentSize } = await devtools.send('Page.getLayoutMetrics');
  const clip = fullPage
    ? { clip: { x: 0, y: 0, width: cssContentSize.width, height: cssContentSize.height, scale: 1 } }
    : {};
  let bytes = Buffer.alloc(0);
  for (const quality of QUALITIES) {
    const { data } = await devtools.send('Page.captureScreenshot', {
      format: 'webp',
      quality,
      captureBeyondViewport: fullPage,
      ...clip,
    });
    bytes = Buffer.from(data, 'base64');
    if (bytes.length <= largestBytes) break;
  }
  await devtools.detach();
  await writeFile(file, bytes);
  return bytes.length;
}
