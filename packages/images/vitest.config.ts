import { defineConfig } from 'vitest/config';
import { assemblyForVitest } from '../../scripts/assembly-plugin.js';

export default defineConfig({
  plugins: [assemblyForVitest],
  test: {
    setupFiles: ['@ae/testing/seeded'],
    include: ['test/**/*.test.ts', 'src/**/*.test.ts'],
    testTimeout: 120_000,
  },
});
