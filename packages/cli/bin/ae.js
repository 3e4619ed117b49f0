#!/usr/bin/env node
/** What npm links as `ae`. It is committed because npm links only what exists when it installs; `dist` is built later. */
import { existsSync } from 'node:fs';

const main = new URL('../dist/main.js', import.meta.url);
if (existsSync(main)) {
  await import(main.href);
} else {
  process.stderr.write('ae: The command is not built yet; run `npm run build` in the repository.\n');
  process.exitCode = 1;
}
