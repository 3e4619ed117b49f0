import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    setupFiles: ['@ae/testing/seeded'],
    // By default a core less than there are: but these tests wait for the processes that they start.
    maxWorkers: 2,
    // Each test starts the built command, which takes a second where it loads TensorFlow, more on a busy machine.
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});
