import { join } from 'node:path';
import { chromium } from 'playwright';
import { createServer } from 'vite';
import { findChromium } from '../../scripts/browser.mjs';
import { ROOT } from '../../scripts/run.mjs';

/** How long each look takes, in milliseconds, and how often each is taken. */
const LOOK_MS = 8000;
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
  let frames = 0;
  const count = () => { frames += 1; requestAnimationFrame(count); };
  window.bench = {
    // As the engine tells them: both speakers, every 50 ms.
    speak: () => setInterval(() => {
      for (; told + 50 <= performance.now() - began; told += 50)
        for (const [index, speaker] of ['user', 'bot'].entries()) session.speak(speaker, told, told + 50, voiceDb(index));
    }, 50),
    hide: () => { document.body.style.paddingTop = '5000px'; },
    stop: () => element.stop(),
    countFrames: count,
    get frames() { return frames; },
    get canvasMoves() { return element.shadowRoot.querySelector('canvas').style.transform; },
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
 * their own count of CPU time; and what a page costs on which only a box is moved, in the same minute. Rounds are
 * interleaved, and of each figure the median is told, so that what else the machine does falls on all of them.
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
    still: [`${address}bench`, { reducedMotion: 'reduce' }],
  });
  try {
    /** @type {Record<string, Awaited<ReturnType<typeof look>>[]>} */
    const seen = { floor: [], hidden: [], running: [], still: [] };
    for (let round = 0; round < ROUNDS; round += 1)
      for (const [name, [url, how]] of Object.entries(looks)) seen[name]?.push(await look(url, how));
    /** @param {string} name @param {'core' | 'page' | 'framesPerSecond'} figure */
    const middle = (name, figure) =>
      (seen[name] ?? []).map((one) => one[figure]).toSorted((a, b) => a - b)[Math.floor(ROUNDS / 2)] ?? Number.NaN;
    const [floor, running] = [middle('floor', 'core'), middle('running', 'core')];
    const note = `median of ${ROUNDS} × ${LOOK_MS / 1000} s, 720 px wide, software rendering`;
    const unit = '% of a core';
    return [
      { name: 'element, floor: a box at its pace, levels told to nobody', value: floor * 100, unit, note },
      { name: 'element, waveform running, all of it', value: running * 100, unit, note },
      { name: 'element, its own', value: (running - floor) * 100, unit, note: 'the difference' },
      { name: 'element, against the floor', value: running / floor, unit: '×' },
      { name: 'element, levels come, out of sight', value: middle('hidden', 'core') * 100, unit, note },
      { name: 'element, with prefers-reduced-motion', value: middle('still', 'core') * 100, unit, note },
      {
        name: 'element, page thread while running',
        value: middle('running', 'page') * 100,
        unit,
        note: 'TaskDuration',
      },
      {
        name: 'element, frames while running',
        value: middle('running', 'framesPerSecond'),
        unit: 'per second',
        note: 'requestAnimationFrame',
      },
    ];
  } finally {
    await server.close();
  }
}

/**
 * @param {string} url
 * @param {{ hide?: boolean, reducedMotion?: 'reduce' }} how
 */
async function look(url, { hide = false, reducedMotion }) {
  const executablePath = await findChromium();
  const browser = await chromium.launch({
    ...(executablePath && { executablePath }),
    args: ['--no-sandbox', '--disable-gpu'],
  });
  try {
    const page = await browser.newPage({ reducedMotion: reducedMotion ?? 'no-preference' });
    await page.goto(url);
    await page.waitForFunction('window.bench');
    const devtools = await browser.newBrowserCDPSession();
    const renderer = await page.context().newCDPSession(page);
    await renderer.send('Performance.enable');
    if (hide) await page.evaluate('bench.hide()');
    await page.evaluate('bench.speak()');
    await page.waitForTimeout(2000);
    const before = await cpu(devtools, renderer);
    await page.waitForTimeout(LOOK_MS);
    const after = await cpu(devtools, renderer);
    const seconds = (after.at - before.at) / 1000;
    // Counted apart: to count frames is to ask for them.
    await page.evaluate('bench.countFrames()');
    const frames = Number(await page.evaluate('bench.frames'));
    await page.waitForTimeout(3000);
    const framesPerSecond = (Number(await page.evaluate('bench.frames')) - frames) / 3;
    return { core: (after.all - before.all) / seconds, page: (after.page - before.page) / seconds, framesPerSecond };
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
