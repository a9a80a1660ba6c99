import { defineConfig } from '@playwright/test';
import { chromiumPath } from '../scripts/browser.mjs';

/**
 * Spoken conversations in a real Chromium. One at a time: they share the machine's two cores with the audio thread.
 * Every test starts its own browser (`support/browser.ts`), since the microphone's file is a flag of the process.
 */
export default defineConfig({
  testDir: '.',
  testMatch: '**/*.spec.ts',
  outputDir: './test-results',
  workers: 1,
  retries: 0,
  forbidOnly: process.env['CI'] !== undefined,
  timeout: 120_000,
  // `pnpm test:long` runs the tests tagged @long, and only those.
  ...(process.env['TURNTAPE_LONG'] ? { grep: /@long/ } : { grepInvert: /@long/ }),
  reporter: [
    [process.stdout.isTTY ? 'line' : 'list'],
    ['json', { outputFile: process.env['PLAYWRIGHT_JSON_OUTPUT_FILE'] ?? './test-results/report.json' }],
  ],
  use: chromiumPath === undefined ? {} : { launchOptions: { executablePath: chromiumPath } },
});
