#!/usr/bin/env node
/** What npm links as `ae`. It is committed because npm links only what exists when it installs; `dist` is built later. */
import { existsSync } from 'node:fs';
import module from 'node:module';
import { fileURLToPath } from 'node:url';

const main = fileURLToPath(new URL('../dist/main.cjs', import.meta.url));
if (existsSync(main)) {
  // Node.js 22 and newer keep what they compiled for the next start, among the system's temporary files.
  module.enableCompileCache?.();
  module.createRequire(import.meta.url)(main);
} else {
  process.stderr.write('ae: The command is not built yet; run `npm run build` in the repository.\n');
  process.exitCode = 1;
}
