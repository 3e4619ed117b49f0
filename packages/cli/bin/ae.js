#!/usr/bin/env node
/** What npm links as `ae`. It is committed because npm links only what exists when it installs; `dist` is built later. */
import { existsSync } from 'node:fs';
import module from 'node:module';
import { fileURLToPath } from 'node:url';

const main = fileURLToPath(new URL('../dist/main.cjs', import.meta.url));
if (existsSync(main)) {
  // Node.js 22 and newer keep what they compiled for the next start, among the system's temporary files.
  module.enableCompileCache?.();
  const require = module.createRequire(import.meta.url);
  // Threads start while the command is loaded.
  const [name, ...rest] = process.argv.slice(2);
  if (name === 'import' && rest.length > 1) require('@ae/lmdb-datum/convert').startConvertThreads();
  require(main);
} else {
  process.stderr.write('ae: The command is not built yet; run `npm run build` in the repository.\n');
  process.exitCode = 1;
}
