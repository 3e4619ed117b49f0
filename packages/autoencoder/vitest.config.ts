import { defineConfig } from 'vitest/config';
import { assemblyForVitest } from '../../scripts/assembly-plugin.js';

export default defineConfig({
  plugins: [assemblyForVitest],
  test: {
    setupFiles: ['@ae/testing/seeded'],
    // Files share a process's modules: to load TensorFlow.js for each of them takes longer than many of them do.
    isolate: false,
    // Tests train networks; on a busy machine that takes longer than the usual five seconds.
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});
