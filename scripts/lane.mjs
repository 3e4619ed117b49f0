/**
 * What the lanes share: a cache folder outside the repository, packages installed there next to the repository's own copies of
 * TensorFlow.js, and a function that runs vitest.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { homedir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { env as environment } from 'node:process';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { chromiums } from '@ae/testing/chromium';

/** The repository. */
export const root = fileURLToPath(new URL('..', import.meta.url));

const require = createRequire(join(root, 'packages/layers/package.json'));

/** Returns a lane's folder and creates it if it is missing. AE_LANES names a location other than ~/.cache/ae-lanes. */
export function laneFolder(name) {
  const base = environment.AE_LANES ?? join(environment.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'ae-lanes');
  const folder = join(base, name);
  mkdirSync(folder, { recursive: true });
  return folder;
}

/** Does `work` once for each value of `key`: later calls find its mark in the folder, which is written unless `work` returns false. */
export function once(folder, step, key, work) {
  const mark = join(folder, `.${step}.json`);
  const wanted = JSON.stringify(key);
  if (existsSync(mark) && readFileSync(mark, 'utf8') === wanted) return;
  rmSync(mark, { force: true });
  console.log(`${step}: ${wanted}`);
  if (work() !== false) writeFileSync(mark, wanted);
}

/** Runs a program and exits with onFailure if it fails. */
export function run(command, args, { onFailure = UNAVAILABLE, ...options } = {}) {
  const failure = attempt(command, args, options);
  if (failure) fail(failure, onFailure);
}

/** Runs a program and returns what failed, if anything. */
function attempt(command, args, { cwd = root, env = {} } = {}) {
  const { status, error } = spawnSync(command, args, { cwd, env: { ...environment, ...env }, stdio: 'inherit' });
  return error || status !== 0 ? `${command} ${args.join(' ')}: ${error?.message ?? `exit code ${status}`}` : undefined;
}

/** Exit code of a lane that cannot be set up here, so that nothing is known about the engine. */
export const UNAVAILABLE = 69;

/** Ends this program. */
export function fail(message, status = UNAVAILABLE) {
  console.error(message);
  process.exit(status);
}

/** Installs packages without running their scripts. */
export function installPackages(folder, packages) {
  const failure = tryInstall(folder, packages);
  if (failure) fail(failure);
}

/** Installs packages without running their scripts; returns what failed, if anything. */
export function tryInstall(folder, packages, flags = []) {
  let failure;
  once(folder, 'packages', packages, () => {
    writeFileSync(join(folder, 'package.json'), '{"private":true}\n');
    rmSync(join(folder, 'node_modules'), { recursive: true, force: true });
    const quiet = ['--ignore-scripts', '--no-audit', '--no-fund', '--no-package-lock', '--loglevel=error'];
    failure = attempt('npm', ['install', '--prefix', folder, ...quiet, ...flags, ...packages], { cwd: folder });
    return !failure;
  });
  return failure;
}

/** The supported and tested versions of Node.js. */
export const nodeVersions = ['20', '22', '24', '26'];

/** Returns the path of a version of Node.js, which is installed if it is missing. */
export function nodeProgram(version) {
  const platform = process.platform === 'win32' ? 'win' : process.platform;
  const name = `node-${platform}-${process.arch}`;
  const folder = laneFolder(join('node', version));
  installPackages(folder, [`${name}@${version}`]);
  const program = join(folder, 'node_modules', name, 'bin', platform === 'win' ? 'node.exe' : 'node');
  if (!existsSync(program)) fail(`${program} is missing: ${name} ${version} has another layout.`);
  return program;
}

/** Replaces the lane's copies of TensorFlow.js by links to the repository's: there must be only one kernel registry. */
export function shareTfjs(folder, names = ['tfjs-core', 'tfjs-layers', 'tfjs-backend-cpu']) {
  for (const name of names) {
    const link = join(folder, 'node_modules/@tensorflow', name);
    rmSync(link, { recursive: true, force: true });
    symlinkSync(dirname(require.resolve(`@tensorflow/${name}/package.json`)), link, 'junction');
  }
}

/** Imports a built package, or a file of one. */
export function load(packageName, file = 'index.js') {
  const built = join(root, 'packages', packageName, 'dist', file);
  if (!existsSync(built)) fail(`${built} is missing; run npm run build first.`, 1);
  return import(pathToFileURL(built).href);
}

/** Runs test files of a package, optionally with another Node.js than this one. */
export function runTests(packageName, files, env, node = process.execPath) {
  const cwd = join(root, 'packages', packageName);
  run(node, [join(root, 'node_modules/vitest/vitest.mjs'), 'run', ...files], { cwd, env, onFailure: 1 });
}

/** AE_REQUIRE with one more word. */
export const requireAlso = (word) => [environment.AE_REQUIRE, word].filter(Boolean).join(',');

/** Environment variables that make Dawn find SwiftShader and the Vulkan loader next to it. */
export function swiftShader() {
  const folders = [
    '/usr/lib/chromium',
    '/usr/lib/chromium-browser',
    '/opt/google/chrome',
    ...chromiums().map((file) => dirname(realpathSync(file))),
  ];
  const found = folders.find((candidate) => existsSync(join(candidate, 'vk_swiftshader_icd.json')));
  if (!found) {
    fail(
      'No SwiftShader: expected vk_swiftshader_icd.json beside a Chromium; install chromium, or pass --gpu to use the GPU.',
    );
  }
  return {
    VK_ICD_FILENAMES: join(found, 'vk_swiftshader_icd.json'),
    LD_LIBRARY_PATH: [found, environment.LD_LIBRARY_PATH].filter(Boolean).join(delimiter),
  };
}

/** Writes squares with a disc, each with another color and position; `kind` is their file extension. */
export async function makePictures(folder, count, kind = 'png') {
  mkdirSync(folder, { recursive: true });
  const sharp = createRequire(join(root, 'packages/cli/package.json'))('sharp');
  const [size, radius] = [64, 18];
  for (let i = 0; i < count; i++) {
    const [x, y] = [20 + ((i * 7) % 25), 20 + ((i * 11) % 25)];
    const pixels = Buffer.alloc(size * size * 3, 255);
    for (let at = 0; at < size * size; at++) {
      const inside = ((at % size) - x) ** 2 + (Math.floor(at / size) - y) ** 2 < radius ** 2;
      if (inside) pixels.set([(i * 37) % 256, (i * 91) % 256, (i * 53) % 256], at * 3);
    }
    await sharp(pixels, { raw: { width: size, height: size, channels: 3 } }).toFile(join(folder, `${i}.${kind}`));
  }
}
