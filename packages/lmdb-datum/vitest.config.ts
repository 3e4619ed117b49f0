import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    setupFiles: ['@ae/testing/seeded'],
    // Files share a process's modules, which takes a fifth off the time.
    isolate: false,
    include: ['test/**/*.test.ts', 'src/**/*.test.ts'],
    testTimeout: 120_000,
  },
});
