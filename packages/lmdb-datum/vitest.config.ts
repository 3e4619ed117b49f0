import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    setupFiles: ['@ae/testing/seeded'],
    include: ['test/**/*.test.ts', 'src/**/*.test.ts'],
    testTimeout: 120_000,
  },
});
