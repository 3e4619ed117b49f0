/**
 * The native lane: `npm run test:native [-- --tensorflow=VERSION]`.
 *
 * Links the addon of @tensorflow/tfjs-node against the TensorFlow of the official Python wheel (pip's `tensorflow-cpu`), in a cache
 * folder, and runs the conformance suite on it. Needs python3 with pip, make and a C++ compiler. tfjs-node's own install script, which downloads
 * TensorFlow 2.9, is not run. Every step leaves a mark and is not repeated.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, linkSync, mkdirSync, readdirSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { env as environment } from 'node:process';
import { fail, installPackages, laneFolder, once, root, run, runTests, shareTfjs } from './lane.mjs';

const TFJS_NODE = '@tensorflow/tfjs-node@4.22.0';
const DEFAULT_TENSORFLOW = '2.21.0';

const tensorflow = process.argv.find((arg) => arg.startsWith('--tensorflow='))?.split('=')[1] ?? DEFAULT_TENSORFLOW;
const python = environment.AE_PYTHON ?? 'python3';
const folder = laneFolder('native');
const addon = join(folder, 'node_modules/@tensorflow/tfjs-node');

installPackages(folder, [TFJS_NODE]);
shareTfjs(folder);
once(folder, 'wheel', { tensorflow }, unpackWheel);
once(folder, 'addon', { tensorflow, tfjs: TFJS_NODE, node: process.version }, buildAddon);
runTests('layers', ['test/tensorflow.test.ts'], { AE_TFJS_NODE: addon, AE_REQUIRE_TENSORFLOW: '1' });

/** Downloads the wheel by pip, so that its mirrors and proxies are honoured, and takes the libraries and headers out of it. */
function unpackWheel() {
  const wheels = join(folder, 'wheels');
  const unpacked = join(folder, 'tensorflow');
  for (const path of [wheels, unpacked]) rmSync(path, { recursive: true, force: true });
  const pip = ['-m', 'pip', 'download', '--disable-pip-version-check', '--no-deps', '--only-binary=:all:'];
  run(python, [...pip, '--dest', wheels, `tensorflow-cpu==${tensorflow}`]);
  const wheel = readdirSync(wheels).find((name) => name.endsWith('.whl'));
  if (!wheel) fail(`pip left no wheel of tensorflow-cpu ${tensorflow}.`);
  const script = `
import sys, zipfile
wanted = ('tensorflow/libtensorflow_', 'tensorflow/include/tensorflow/c/', 'tensorflow/include/tensorflow/core/platform/',
          'tensorflow/include/xla/', 'tensorflow/include/tsl/')
with zipfile.ZipFile(sys.argv[1]) as wheel:
    wheel.extractall(sys.argv[2], [name for name in wheel.namelist() if name.startswith(wanted)])`;
  run(python, ['-c', script, join(wheels, wheel), `${unpacked}.partial`]);
  renameSync(join(`${unpacked}.partial`, 'tensorflow'), unpacked);
  for (const path of [wheels, `${unpacked}.partial`]) rmSync(path, { recursive: true, force: true });
}

/** Puts TensorFlow where the addon's build looks for it, and builds the addon. */
function buildAddon() {
  const deps = join(addon, 'deps');
  rmSync(deps, { recursive: true, force: true });
  mkdirSync(join(deps, 'lib'), { recursive: true });
  symlinkSync(join(folder, 'tensorflow/include'), join(deps, 'include'));
  const library = (name) => join(folder, 'tensorflow', name);
  // The linker looks for the first name, the loader for the second: the library calls itself so.
  for (const name of ['libtensorflow.so', 'libtensorflow_cc.so.2']) {
    linkSync(library('libtensorflow_cc.so.2'), join(deps, 'lib', name));
  }
  for (const name of ['libtensorflow_framework.so', 'libtensorflow_framework.so.2']) {
    linkSync(library('libtensorflow_framework.so.2'), join(deps, 'lib', name));
  }
  const binding = [
    '--module_name=tfjs_binding',
    `--module_path=${join(addon, 'lib/napi-v8')}`,
    '--napi_build_version=8',
  ];
  run(process.execPath, [nodeGyp(), 'rebuild', ...headers(), ...binding], { cwd: addon });
}

/** node-gyp as npm has it: node-pre-gyp, which the package would use, does not get along with it. */
function nodeGyp() {
  const { stdout } = spawnSync('npm', ['root', '--global'], { encoding: 'utf8', cwd: root });
  const besideNode = join(dirname(process.execPath), '../lib/node_modules/npm');
  const folders = [dirname(dirname(environment.npm_execpath ?? '')), join(stdout.trim(), 'npm'), besideNode];
  const script = folders
    .map((npm) => join(npm, 'node_modules/node-gyp/bin/node-gyp.js'))
    .find((path) => existsSync(path));
  return script ?? fail(`No node-gyp: expected it in one of ${folders.join(', ')}.`);
}

/** Takes the headers that came with Node.js, where they did; node-gyp downloads them otherwise. */
function headers() {
  const prefix = dirname(dirname(process.execPath));
  return existsSync(join(prefix, 'include/node/node.h')) ? [`--nodedir=${prefix}`] : [];
}
