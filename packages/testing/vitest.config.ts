import { defineConfig } from 'vitest/config';

// Some tests start vitest or turbo themselves.
export default defineConfig({ test: { testTimeout: 60_000 } });
