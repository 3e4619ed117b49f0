#!/usr/bin/env node
/**
 * What npm links as `ae`. It is committed because npm links only what exists when it installs; `dist` is built later. It is CommonJS, as the
 * package.json beside it says: Node.js starts sooner with it than with an ES module.
 */
const fs = require('node:fs');
const { enableCompileCache } = require('node:module');
const path = require('node:path');

const main = path.join(__dirname, '../dist/main.cjs');
if (fs.existsSync(main)) {
  const [name, ...rest] = process.argv.slice(2);
  // Threads start while everything else is loaded.
  if (name === 'import' && rest.length > 1) require('@ae/lmdb-datum/convert').startConvertThreads();
  // What is compiled is kept for the next start.
  if (enableCompileCache) enableCompileCache();
  else require('../dist/compile-cache.cjs').keepCompiledCode(name);
  require(main);
} else {
  process.stderr.write('ae: The command is not built yet; run `npm run build` in the repository.\n');
  process.exitCode = 1;
}
