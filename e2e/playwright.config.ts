import { defineConfig } from '@playwright/test';
import { chromiumPath } from '../scripts/browser.mjs';
import '../scripts/first-failure.mjs';

/**
 * Tests that leave the machine idle for most of their time, or for which it does not matter when things happen: two of
 * them share it. Every other has it for itself, as `pnpm test` runs them, since it measures on a clock.
 */
const TOGETHER =
  /\/(adapters|any-order|at-rest|attach|background|bad-input|chaos|clicks|debug-log|demo|diagnose|formats|frameworks|idle|kept|lifecycle|loudspeaker|main-job|modes|packed|player|quota|readme|session-file|settings|targets|two-tabs)\.spec\.ts$/;

/**
 * Spoken conversations in a real Chromium. They share the machine's two cores with the audio thread: how many there are at
 * a time is said by `scripts/test.mjs`, for each project, and one by default.
 * Every test starts its own browser (`support/launch-browser.ts`), since the microphone's file is a flag of the process.
 */
export default defineConfig({
  testDir: '.',
  projects: [
    { name: 'together', testMatch: TOGETHER },
    { name: 'alone', testMatch: '**/*.spec.ts', testIgnore: TOGETHER },
  ],
  outputDir: './test-results',
  workers: 1,
  retries: 0,
  forbidOnly: process.env['CI'] !== undefined,
  // The longest takes 50 s where it has the machine for itself, and two minutes at a load of 20.
  timeout: 300_000,
  // Facts are waited for: on a machine that stands still now and then five seconds, the default, are few.
  expect: { timeout: 20_000 },
  // `pnpm test:long` runs the tests tagged @long, and only those.
  ...(process.env['TURNTAPE_LONG'] ? { grep: /@long/ } : { grepInvert: /@long/ }),
  reporter: [
    [process.stdout.isTTY ? 'line' : 'list'],
    ['json', { outputFile: process.env['PLAYWRIGHT_JSON_OUTPUT_FILE'] ?? './test-results/report.json' }],
  ],
  use: chromiumPath === undefined ? {} : { launchOptions: { executablePath: chromiumPath } },
});
