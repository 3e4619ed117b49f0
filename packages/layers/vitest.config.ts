import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    setupFiles: ['@ae/testing/seeded'],
    // Files share a process's modules: to load TensorFlow.js for each of them takes longer than many of them do.
    isolate: false,
    // Some tests start processes, and all share the machine with other packages' tests.
    testTimeout: 60_000,
  },
});
