import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    setupFiles: ['@ae/testing/seeded'],
    // Each test starts the built command, which takes a second where it loads TensorFlow, more on a busy machine.
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});
