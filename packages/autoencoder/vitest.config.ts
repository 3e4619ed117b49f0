import { defineConfig } from 'vitest/config';

// Tests train networks; on a busy machine that takes longer than the usual five seconds.
export default defineConfig({ test: { setupFiles: ['@ae/testing/seeded'], testTimeout: 120_000 } });
