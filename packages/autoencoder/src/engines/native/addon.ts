/** Links the addon of tfjs-node or tfjs-node-gpu, whose source comes in the npm package, against TensorFlow's libraries. */
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import type { NativePackage } from './installation';
import { makeFolder, runTool } from './tools';

/** The version of tfjs-node and tfjs-node-gpu that is installed: that of this package's tfjs-core. */
export const tfjsVersion = '4.22.0';

/** Node-API's headers, which are the same for all versions of Node.js. */
const headersPackage = 'node-api-headers';
const napiVersion = 8;

/**
 * Installs the npm package and its dependencies into `folder`, once: only files whose checksums are in native/package-lock.json. Runs no
 * install scripts, which would download TensorFlow 2.9.
 */
export async function fetchPackage(name: NativePackage, folder: string): Promise<void> {
  await makeFolder(folder, async (partial) => {
    const lock = await lockOf(name);
    const manifest = { private: true, dependencies: lock.packages[''].dependencies };
    await writeFile(path.join(partial, 'package.json'), `${JSON.stringify(manifest)}\n`);
    await writeFile(path.join(partial, 'package-lock.json'), `${JSON.stringify(lock)}\n`);
    const flags = ['--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
    await runTool({
      name: 'npm',
      command: ['npm', 'ci', '--prefix', partial, ...flags],
      cwd: partial,
      ifMissing: 'install npm, which comes with Node.js',
      ifFailed: `check that \`npm view ${name}\` works, and try again`,
    });
  });
}

interface PackageLock {
  readonly packages: Record<string, { dependencies?: Record<string, string>; integrity?: string }>;
}

/** The lock file for one of the two packages, which have the same dependencies. */
async function lockOf(name: NativePackage): Promise<PackageLock> {
  const root = path.dirname(createRequire(import.meta.url).resolve('@ae/autoencoder/package.json'));
  const lock: PackageLock = JSON.parse(await readFile(path.join(root, 'native', 'package-lock.json'), 'utf8'));
  const own = ['', `node_modules/${name}`, `node_modules/${headersPackage}`];
  const strangers = Object.keys(lock.packages[''].dependencies ?? {}).filter(
    (each) => !own.includes(`node_modules/${each}`),
  );
  for (const stranger of strangers) {
    delete lock.packages[`node_modules/${stranger}`];
    delete lock.packages[''].dependencies?.[stranger];
  }
  return lock;
}

/**
 * Compiled into the addon: TensorFlow allocates the results of every op anew, and the C library returns large blocks to the system, which
 * clears them before they are used again. Keeping them makes a training step 10 % to 20 % faster.
 */
const keepMemory = `#include <malloc.h>
#ifdef __GLIBC__
namespace {
const bool kept = mallopt(M_MMAP_MAX, 0) && mallopt(M_TRIM_THRESHOLD, -1) && mallopt(M_TOP_PAD, 64 << 20);
}
#endif
`;

/** Compiles the addon and links it with the libraries in `libraries`, unless that has been done. Requires a C++ compiler. */
export async function buildAddon(
  compiler: string,
  folder: string,
  name: NativePackage,
  libraries: string,
): Promise<void> {
  const root = path.join(folder, 'node_modules', name);
  const output = path.join(root, 'lib', `napi-v${napiVersion}`);
  const mark = path.join(output, 'linked-with');
  const made = `${path.basename(libraries)}\n${keepMemory}`;
  if ((await readFile(mark, 'utf8').catch(() => '')) === made) return;
  await mkdir(output, { recursive: true });
  await rm(mark, { force: true });
  const partial = path.join(output, 'tfjs_binding.partial');
  await writeFile(path.join(output, 'keep_memory.cc'), keepMemory);
  await runTool({
    name: 'the C++ compiler',
    command: [compiler, ...compilerArguments(folder, output, libraries), '-o', partial],
    cwd: path.join(root, 'binding'),
    ifMissing: 'install one (on Debian: apt-get install g++), or name another with --compiler',
    ifFailed: 'this TensorFlow may not be compatible with tfjs-node; choose another version with --tensorflow',
  });
  await rename(partial, path.join(output, 'tfjs_binding.node'));
  await writeFile(mark, made);
}

function compilerArguments(folder: string, output: string, libraries: string): string[] {
  const tensorflow = path.join(libraries, 'tensorflow');
  const includes = [path.join(tensorflow, 'include'), path.join(folder, 'node_modules/node-api-headers/include')];
  return [
    ...['-std=c++17', '-O2', '-fPIC', '-shared', `-DNAPI_VERSION=${napiVersion}`, '-w'],
    ...includes.map((include) => `-I${include}`),
    ...['tfjs_backend.cc', 'tfjs_binding.cc', path.join(output, 'keep_memory.cc')],
    ...['cc', 'framework'].map((part) => path.join(tensorflow, `libtensorflow_${part}.so.2`)),
    `-Wl,-rpath,$ORIGIN/${path.relative(output, tensorflow)}`,
  ];
}
