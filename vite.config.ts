import { playwright } from '@vitest/browser-playwright';
import { defineConfig } from 'vitest/config';

// Debian's Chromium when there is one; scripts/browser.mjs finds or installs it and names it here.
const executablePath = process.env['CHROMIUM_PATH'] ?? '/usr/bin/chromium';

/** Set by `pnpm test:long`. */
const isLong = process.env['TURNTAPE_LONG'] === '1';

/** `TURNTAPE_IDS=up` and `=down`: see scripts/ids-in-order.mjs. */
const ids = process.env['TURNTAPE_IDS'];
const IDS_IN_ORDER = ids === undefined ? [] : [`${import.meta.dirname}/scripts/ids-${ids}.mjs`];

/** `expect.poll` waits for facts: on a machine that stands still now and then a second, its default, is no time. */
const FACTS_COME = { poll: { timeout: 30_000 } };

/**
 * The limits of a test and of what is set up for it, in milliseconds. They end what hangs and judge nothing: on two cores with
 * a load of 20 a test with a server took 29 s of the 30 that were the limit, and 6 s the next time.
 */
const LIMIT_MS = 120_000;

/**
 * The browser tests of one package. Its dependencies are named: found only when a test imports them, they would make
 * Vite reload the page in the middle of a run.
 */
function browserTests(name: string, root: string, dependencies: string[]) {
  return {
    root,
    optimizeDeps: { include: dependencies },
    test: {
      name,
      include: ['src/**/*.browser.test.ts'],
      setupFiles: IDS_IN_ORDER,
      testTimeout: LIMIT_MS,
      hookTimeout: LIMIT_MS,
      expect: FACTS_COME,
      fileParallelism: false,
      // Two browsers on two cores, each with one file at a time, when the files in Node are done.
      sequence: { groupOrder: 1 },
      browser: {
        enabled: true,
        headless: true,
        screenshotFailures: false,
        provider: playwright({ launchOptions: { executablePath, args: ['--no-sandbox', '--disable-gpu'] } }),
        instances: [{ browser: 'chromium' as const }],
      },
    },
  };
}

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'node',
          environment: 'node',
          // What takes minutes is in files of its own, run by `pnpm test:long` and by nothing else.
          include: isLong ? ['packages/*/src/**/*.long.test.ts'] : ['packages/*/src/**/*.test.ts', 'demo/**/*.test.ts'],
          exclude: [
            '**/node_modules/**',
            '**/dist/**',
            '**/*.browser.test.ts',
            ...(isLong ? [] : ['**/*.long.test.ts']),
          ],
          setupFiles: [`${import.meta.dirname}/scripts/first-failure.mjs`, ...IDS_IN_ORDER],
          expect: FACTS_COME,
          testTimeout: isLong ? 1_800_000 : LIMIT_MS,
          hookTimeout: isLong ? 300_000 : LIMIT_MS,
          // Two cores are two files at a time; the browser's come by themselves, after these.
          maxWorkers: 2,
          sequence: { groupOrder: 0 },
          ...(isLong ? { fileParallelism: false } : {}),
        },
      },
      browserTests('browser', 'packages/sdk', [
        '@ricky0123/vad-web/dist/frame-processor.js',
        '@ricky0123/vad-web/dist/messages.js',
        'comlink',
        'fast-check',
        'idb',
        'mpg123-decoder',
        'opus-decoder',
        'wasm-media-encoders/esnext',
      ]),
      browserTests('browser-element', 'packages/element', [
        'axe-core',
        'lit',
        'lit/async-directive.js',
        'lit/directives/guard.js',
        'lit/directives/ref.js',
        'lit/directives/repeat.js',
      ]),
    ],
  },
});
