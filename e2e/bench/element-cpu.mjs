import { join } from 'node:path';
import { chromium } from 'playwright';
import { createServer } from 'vite';
import { findChromium } from '../../scripts/browser.mjs';
import { ROOT } from '../../scripts/run.mjs';

/** How long each look takes, in milliseconds, and how often each is taken. */
const LOOK_MS = 6000;
const ROUNDS = 3;
const ELEMENT = join(ROOT, 'packages', 'element');

/** Stands where the element stood. */
const FLOOR_SCRIPT = `
  const element = { shadowRoot: document, stop() {} };
  document.body.innerHTML = '<div style="overflow: hidden; height: 160px"><canvas width="820" height="160" style="will-change: transform"></canvas></div>';
  document.querySelector('canvas').getContext('2d', { alpha: false }).fillRect(0, 0, 400, 100);
  document.querySelector('canvas').animate(
    [{ transform: 'none' }, { transform: 'translateX(-3000px)' }],
    { duration: 100_000, easing: 'steps(3000, end)' },
  );
  await recorder.startSession();`;

const PAGE = `<!doctype html>
<meta name="color-scheme" content="light dark" />
<style>body { margin: 16px; max-width: 720px }</style>
<script type="module">
  import '/src/define.ts';
  import { converse, voiceDb } from '/src/testing/conversation.ts';
  import { ScriptedRecorder } from '/src/testing/scripted-recorder.ts';
  const recorder = new ScriptedRecorder();
  const element = document.createElement('turn-tape');
  Object.assign(element, { consent: 'granted', recorder: recorder.asRecorder });
  document.body.append(element);
  await element.start();
  const session = recorder.last;
  let told = converse(session, { turns: 5, open: true }).nowMs;
  const began = performance.now() - told;
  window.bench = {
    // As the engine tells them: both speakers, every 50 ms.
    speak: () => setInterval(() => {
      for (; told + 50 <= performance.now() - began; told += 50)
        for (const [index, speaker] of ['user', 'bot'].entries()) session.speak(speaker, told, told + 50, voiceDb(index));
    }, 50),
    hide: () => { document.body.style.paddingTop = '5000px'; },
    leaveOutWaveform: () => {
      const sheet = document.createElement('style');
      sheet.textContent = 'turn-tape::part(waveform) { display: none }';
      document.head.append(sheet);
    },
    stop: () => element.stop(),
  };
</script>`;

/**
 * The same page and the same levels, told to nobody; a box of the tape's size goes on by itself at the tape's pace. What is above
 * it is the element's own.
 */
const FLOOR = PAGE.replace("import '/src/define.ts';", '').replace(
  /const element[\s\S]*?await element.start\(\);/u,
  FLOOR_SCRIPT,
);

/**
 * What the recorder element costs while a conversation runs, in parts of one core: of all of the browser's processes, by
 * their own count of CPU time; the same element without its waveform; with one that an animation moves, as it does where there is a
 * graphics card; and what a page costs on which only a box is moved, in the same minute. Rounds are interleaved, and of each
 * figure the median is told, so that what else the machine does falls on all of them.
 *
 * @returns {Promise<{ name: string, value: number, unit: string, note?: string }[]>}
 */
export async function elementCpuBench() {
  const server = await createServer({
    root: ELEMENT,
    configFile: false,
    mode: 'production',
    logLevel: 'error',
    appType: 'custom',
    cacheDir: join(ROOT, 'node_modules', '.vite', 'element-bench'),
    optimizeDeps: {
      include: [
        'lit',
        'lit/async-directive.js',
        'lit/directives/guard.js',
        'lit/directives/ref.js',
        'lit/directives/repeat.js',
      ],
      noDiscovery: true,
    },
    server: { port: 0, hmr: false, fs: { allow: [ROOT] } },
    plugins: [
      {
        name: 'bench-page',
        configureServer: ({ middlewares }) => {
          middlewares.use('/bench', (_request, response) => {
            response.setHeader('content-type', 'text/html').end(PAGE);
          });
          middlewares.use('/floor', (_request, response) => {
            response.setHeader('content-type', 'text/html').end(FLOOR);
          });
        },
      },
    ],
  });
  await server.listen();
  const address = server.resolvedUrls?.local[0];
  const looks = /** @type {const} */ ({
    floor: [`${address}floor`, {}],
    hidden: [`${address}bench`, { hide: true }],
    running: [`${address}bench`, {}],
    without: [`${address}bench`, { without: true }],
    sliding: [`${address}bench`, { slides: true }],
    still: [`${address}bench`, { reducedMotion: 'reduce' }],
  });
  try {
    /** @type {Record<string, Awaited<ReturnType<typeof look>>[]>} */
    const seen = { floor: [], hidden: [], running: [], without: [], sliding: [], still: [] };
    for (let round = 0; round < ROUNDS; round += 1)
      for (const [name, [url, how]] of Object.entries(looks)) seen[name]?.push(await look(url, how));
    /** @param {string} name @param {'core' | 'page'} figure */
    const middle = (name, figure) =>
      (seen[name] ?? []).map((one) => one[figure]).toSorted((a, b) => a - b)[Math.floor(ROUNDS / 2)] ?? Number.NaN;
    const [running, without, sliding] = [
      middle('running', 'core'),
      middle('without', 'core'),
      middle('sliding', 'core'),
    ];
    const note = `median of ${ROUNDS} × ${LOOK_MS / 1000} s, 720 px wide, software rendering`;
    const unit = '% of a core';
    return [
      { name: 'element, waveform running, all of it', value: running * 100, unit, note },
      { name: 'the same without the waveform', value: without * 100, unit, note },
      { name: 'waveform', value: (running - without) * 100, unit, note: 'the difference' },
      { name: 'element, moved by an animation, all of it', value: sliding * 100, unit, note },
      { name: 'waveform, moved by an animation', value: (sliding - without) * 100, unit, note: 'the difference' },
      { name: 'floor: a box at the pace of the animation', value: middle('floor', 'core') * 100, unit, note },
      { name: 'element, levels come, out of sight', value: middle('hidden', 'core') * 100, unit, note },
      { name: 'element, with prefers-reduced-motion', value: middle('still', 'core') * 100, unit, note },
      {
        name: 'element, page thread while running',
        value: middle('running', 'page') * 100,
        unit,
        note: 'TaskDuration',
      },
    ];
  } finally {
    await server.close();
  }
}

/**
 * @param {string} url
 * @param {{ hide?: boolean, without?: boolean, slides?: boolean, reducedMotion?: 'reduce' }} how
 */
async function look(url, { hide = false, without = false, slides = false, reducedMotion }) {
  const executablePath = await findChromium();
  const browser = await chromium.launch({
    ...(executablePath && { executablePath }),
    args: ['--no-sandbox', '--disable-gpu'],
  });
  try {
    const page = await browser.newPage({ reducedMotion: reducedMotion ?? 'no-preference' });
    // What the browser cannot do the element does not: it goes on as with a graphics card.
    if (slides) await page.addInitScript('delete HTMLCanvasElement.prototype.transferControlToOffscreen');
    await page.goto(url);
    await page.waitForFunction('window.bench');
    const devtools = await browser.newBrowserCDPSession();
    const renderer = await page.context().newCDPSession(page);
    await renderer.send('Performance.enable');
    if (hide) await page.evaluate('bench.hide()');
    if (without) await page.evaluate('bench.leaveOutWaveform()');
    await page.evaluate('bench.speak()');
    await page.waitForTimeout(2000);
    const before = await cpu(devtools, renderer);
    await page.waitForTimeout(LOOK_MS);
    const after = await cpu(devtools, renderer);
    const seconds = (after.at - before.at) / 1000;
    return { core: (after.all - before.all) / seconds, page: (after.page - before.page) / seconds };
  } finally {
    await browser.close();
  }
}

/**
 * Seconds of CPU so far: of every process of the browser, and of the page's own thread.
 *
 * @param {import('playwright').CDPSession} devtools
 * @param {import('playwright').CDPSession} renderer
 */
async function cpu(devtools, renderer) {
  const { processInfo } = await devtools.send('SystemInfo.getProcessInfo');
  const { metrics } = await renderer.send('Performance.getMetrics');
  return {
    at: performance.now(),
    all: processInfo.reduce((sum, { cpuTime }) => sum + cpuTime, 0),
    page: metrics.find(({ name }) => name === 'TaskDuration')?.value ?? Number.NaN,
  };
}
