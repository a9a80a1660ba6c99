import { isExecutable, findProgram } from './run.mjs';

/**
 * The one place that knows where the browsers are. Importing it sets CHROMIUM_PATH, which the test configurations read.
 */

const NAMES = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome'];
const PLACES = [
  '/usr/bin/chromium',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
];

/**
 * An installed Chromium or Chrome, else the one that Playwright downloaded. CHROMIUM_PATH wins, and is set to what was
 * found.
 *
 * @returns {Promise<string | undefined>}
 */
export async function findChromium() {
  const named = process.env.CHROMIUM_PATH;
  if (named && !isExecutable(named)) throw new Error(`CHROMIUM_PATH is ${named}, and there is no program.`);
  const installed = [named, ...NAMES.map(findProgram), ...PLACES].find((path) => path && isExecutable(path));
  const path = installed ?? (await playwrightChromium());
  if (path) process.env.CHROMIUM_PATH = path;
  return path;
}

/**
 * An installed Firefox: the second browser, of which only `e2e/firefox.spec.ts` asks. FIREFOX_PATH wins. Not one of
 * Playwright's own: those are patched, and ours is what people have.
 *
 * @returns {string | undefined}
 */
export function findFirefox() {
  const named = process.env.FIREFOX_PATH;
  if (named && !isExecutable(named)) throw new Error(`FIREFOX_PATH is ${named}, and there is no program.`);
  return named ?? findProgram('firefox-esr') ?? findProgram('firefox');
}

/** The one that `playwright install chromium` puts into the user's cache. */
async function playwrightChromium() {
  const { chromium } = await import('playwright');
  const path = chromium.executablePath();
  return isExecutable(path) ? path : undefined;
}

/** The browser as it was found when this module was imported. */
export const chromiumPath = await findChromium();
