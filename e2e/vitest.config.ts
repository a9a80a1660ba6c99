import { defineConfig } from 'vitest/config';

/** The house: what is true of the workspace itself and of the built packages. In Node, no browser. */
export default defineConfig({
  test: {
    name: 'house',
    dir: import.meta.dirname,
    include: ['*.test.ts'],
    environment: 'node',
    setupFiles: [`${import.meta.dirname}/../scripts/first-failure.mjs`],
    // Two cores.
    maxWorkers: 2,
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});
