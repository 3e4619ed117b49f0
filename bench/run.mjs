/** Runs a benchmark: `npm run bench -- NAME [options]`, where NAME is a folder beside this file with a run.mjs. */
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const here = path.dirname(fileURLToPath(import.meta.url));
const [name = '', ...options] = process.argv.slice(2);
const script = path.join(here, name, 'run.mjs');
if (name === '' || !fs.existsSync(script)) {
  const names = fs.readdirSync(here).filter((folder) => fs.existsSync(path.join(here, folder, 'run.mjs')));
  console.error(`[bench] expected the name of a benchmark (${names.join(', ')}), received "${name}".`);
  process.exit(1);
}
process.exit(spawnSync(process.execPath, [script, ...options], { stdio: 'inherit' }).status ?? 1);
