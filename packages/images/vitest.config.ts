import { defineConfig } from 'vitest/config';
import { assemblyForVitest } from '../images/assembly-plugin.js';

export default defineConfig({
  plugins: [assemblyForVitest],
  test: { include: ['test/**/*.test.ts', 'src/**/*.test.ts'], testTimeout: 120_000 },
});
