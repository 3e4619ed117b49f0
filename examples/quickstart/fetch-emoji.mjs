/** Downloads the npm package emoji-datasource-google, which is too large (82 MB) to be installed with the repository's other dependencies. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';

/** Installs the package from the lock file in `folder`, unless it is already installed. Returns the folder of its 64x64 pictures. */
export function fetchEmoji(folder) {
  const pictures = path.join(folder, 'node_modules', 'emoji-datasource-google', 'img', 'google', '64');
  if (existsSync(pictures)) return pictures;
  console.log('Downloading the pictures (emoji-datasource-google, only once) ...');
  const [command, ...args] = npm();
  const options = ['ci', '--ignore-scripts', '--omit=dev', '--fetch-retries=1', '--loglevel=error'];
  const { status, stderr, error } = spawnSync(command, [...args, ...options], { cwd: folder, encoding: 'utf8' });
  if (status === 0) return pictures;
  const reason = error?.message ?? stderr.trim().split('\n')[0];
  throw new Error(
    `npm could not download emoji-datasource-google (${reason}); check the network and npm's registry and proxy settings, ` +
      'or use your own pictures: npm run quickstart -- --images <folder>.',
  );
}

/** Returns a command that starts npm without a shell: the npm that runs this script, the one next to node, or the one on the PATH. */
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
