/**
 * Builds the documentation as a site, or serves it while it is written:
 *
 *     npm run docs          # into site/.vitepress/dist
 *     npm run docs:dev      # on this machine, anew with each change of a page
 *
 * What that needs is installed here on the first run, by this folder's own lock file. A dead link ends the build.
 */
import { spawn } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { once, root, run } from '../scripts/lane.mjs';
import { layOutPages, watchPages } from './pages.mjs';

const site = path.join(root, 'site');
const [command = 'build'] = process.argv.slice(2);

once(site, 'installed', [process.version, readFileSync(path.join(site, 'package-lock.json'), 'utf8').length], () =>
  run('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'], { cwd: site }),
);
if (command !== 'install') {
  rmSync(path.join(site, 'pages'), { recursive: true, force: true });
  layOutPages();
  run(process.execPath, [path.join(site, 'api.mjs')], { onFailure: 1 });
  const vitepress = path.join(site, 'node_modules/vitepress/bin/vitepress.js');
  if (command === 'dev') {
    watchPages();
    spawn(process.execPath, [vitepress, 'dev', site], { cwd: site, stdio: 'inherit' });
  } else run(process.execPath, [vitepress, command, site], { cwd: site, onFailure: 1 });
}
