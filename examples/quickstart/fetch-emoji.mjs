/** Gets the pictures of the npm package emoji-datasource-google, which is no part of the root install: it is 82 MB. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';

/** Installs the package of `folder` as its lock file has it, unless it is there. Returns the folder of 64x64 pictures. */
export function fetchEmoji(folder) {
  const pictures = path.join(folder, 'node_modules', 'emoji-datasource-google', 'img', 'google', '64');
  if (existsSync(pictures)) return pictures;
  console.log('Fetching the pictures (emoji-datasource-google, once) ...');
  const [command, ...args] = npm();
  const options = ['ci', '--ignore-scripts', '--omit=dev', '--fetch-retries=1', '--loglevel=error'];
  const { status, stderr, error } = spawnSync(command, [...args, ...options], { cwd: folder, encoding: 'utf8' });
  if (status === 0) return pictures;
  const reason = error?.message ?? stderr.trim().split('\n')[0];
  throw new Error(
    `the pictures: expected npm to fetch emoji-datasource-google, received "${reason}"; check the network and npm's ` +
      'registry and proxy settings, or use pictures of your own: npm run quickstart -- --images <folder>.',
  );
}

/** How to start npm without a shell: the npm that runs this script, or the one beside node, or the one on the path. */
function npm() {
  const bin = path.dirname(process.execPath);
  const scripts = [
    process.env.npm_execpath ?? '',
    path.join(bin, 'node_modules', 'npm', 'bin', 'npm-cli.js'),
    path.join(bin, '..', 'lib', 'node_modules', 'npm', 'bin', 'npm-cli.js'),
  ];
  const script = scripts.find((file) => path.basename(file) === 'npm-cli.js' && existsSync(file));
  return script ? [process.execPath, script] : ['npm'];
}
