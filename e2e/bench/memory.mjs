import { runnerImport } from 'vite';

/** Minutes of a conversation after which the memory is looked at; the first is the warm-up. */
const STOPS = [10, 20, 30, 40, 50, 60];
const MEGABYTE = 2 ** 20;

/**
 * Memory of the page and of the engine over an hour of a conversation, faster than time: objects and buffers after a
 * collection of garbage. Real page, worker, encoder, database and uploader; the worklets are played by the page.
 *
 * @returns {Promise<{ name: string, value: number, unit: string, note?: string }[]>}
 */
export async function memoryBench() {
  /** @type {typeof import('../support/launch-browser.ts')} */
  const { launchBrowser } = await load('launch-browser.ts');
  /** @type {typeof import('../support/open-site.ts')} */
  const { openSite } = await load('open-site.ts');
  /** @type {typeof import('../support/open-recorder-page.ts')} */
  const { openRecorderPage } = await load('open-recorder-page.ts');
  /** @type {typeof import('../support/fast-hour.ts')} */
  const { fastConversation } = await load('fast-hour.ts');

  const site = await openSite();
  const browser = await launchBrowser({ microphone: 'absent' });
  const { page } = await openRecorderPage(browser, site);
  const looks = await fastConversation(page, STOPS);
  await browser.close();
  await site.close();
  const [warm, ...later] = looks;
  const note = 'Opus, 24 files of the user and some 12 of the bot in a minute, delivered at once';
  return /** @type {const} */ (['page', 'worker']).flatMap((world) => {
    const before = warm?.[world] ?? NaN;
    const values = later.map((each) => each[world]);
    const least = Math.min(...values.slice(-3));
    const most = Math.max(...values);
    return [
      { name: `${world}: after 10 minutes`, value: before / MEGABYTE, unit: 'MB', note },
      {
        name: `${world}: more after 60`,
        value: (least - before) / MEGABYTE,
        unit: 'MB',
        note: 'least of the last three',
      },
      {
        name: `${world}: more at a look, at most`,
        value: (most - before) / MEGABYTE,
        unit: 'MB',
        note: 'with what is under way',
      },
    ];
  });
}

/**
 * A module of the test support. It is TypeScript, which this Node does not run by itself.
 *
 * @param {string} name
 */
async function load(name) {
  const { module } = await runnerImport(new URL(`../support/${name}`, import.meta.url).pathname);
  return module;
}
