import { defineConfig } from 'vitest/config';

// Some tests start processes, and all share the machine with other packages' tests.
export default defineConfig({ test: { setupFiles: ['@ae/testing/seeded'], testTimeout: 60_000 } });
