#!/usr/bin/env node
/** What npm links as `ae`. It is committed because npm links only what exists when it installs; `dist` is built later. */
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

const main = fileURLToPath(new URL('../dist/main.cjs', import.meta.url));
if (existsSync(main)) {
  createRequire(import.meta.url)(main);
} else {
  process.stderr.write('ae: The command is not built yet; run `npm run build` in the repository.\n');
  process.exitCode = 1;
}
