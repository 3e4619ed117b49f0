/**
 * Gives tfjs-node or tfjs-node-gpu a current TensorFlow by linking its addon with the libraries of the official Python wheel.
 *
 * The install script of tfjs-node downloads TensorFlow 2.9, for CUDA 11.2. Everything is stored in one cache folder, in parts that appear
 * when they are complete, so that an interrupted installation can be continued.
 */
import { mkdir, readdir, rename, rm, statfs, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { AutoencoderError, checkKeys } from '../../errors/errors';
import type { BackendOptions } from '../backend';
import { buildAddon, fetchPackage, tfjsVersion } from './addon';
import {
  defaultTensorflowCache,
  manifestPath,
  type NativePackage,
  packageFolder,
  type TensorflowCheck,
  type TensorflowInstallation,
} from './installation';
import { pinnedTensorflow } from './pinned-wheels';
import { exists, failure, runTool } from './tools';
import { unpackCuda, unpackTensorflow, type Wheel } from './wheel';

/** How to install native TensorFlow. */
export interface InstallTensorflowOptions {
  /** Install tfjs-node-gpu with the CUDA libraries that TensorFlow's wheel requires, instead of tfjs-node. Default false. */
  readonly gpu?: boolean;
  /** The version of TensorFlow. Default: the newest one tested. */
  readonly tensorflow?: string;
  /** The pip package that contains the libraries. Default 'tensorflow' with a GPU, otherwise 'tensorflow-cpu', which has no CUDA. */
  readonly wheel?: Wheel['name'];
  /** Default `defaultTensorflowCache()`. */
  readonly cacheFolder?: string;
  /** A Python 3 with pip. Default 'python3'. */
  readonly python?: string;
  /** A C++ compiler. Default 'c++'. */
  readonly compiler?: string;
  /** Whether the wasm engine, which TensorFlow is compared with, may set V8's flags. Default true. */
  readonly v8Flags?: boolean;
  /** Called when a step of the installation begins, with a short description. */
  readonly onProgress?: (progress: { readonly step: InstallStep; readonly detail: string }) => void;
}

/** The steps of an installation, in order. */
export type InstallStep = 'package' | 'tensorflow' | 'cuda' | 'addon' | 'check';

const optionNames = ['gpu', 'tensorflow', 'wheel', 'cacheFolder', 'python', 'compiler', 'v8Flags', 'onProgress'];

/** Maximum disk space of an installation, including downloads. */
const neededBytes = { cpu: 2.5e9, gpu: 12e9 };

/**
 * Installs native TensorFlow for all projects of this user, and checks that a few training steps match the reference. Parts that are
 * already installed are kept. Linux only. `useBackend` then finds it automatically.
 *
 * Throws INSTALL_FAILED with what to do (no Python, pip or compiler, no connection, a full disk, an incompatible version), or CHECK_FAILED.
 */
export async function installTensorflow(options: InstallTensorflowOptions = {}): Promise<TensorflowInstallation> {
  checkKeys('installTensorflow', options, optionNames);
  const { gpu = false, tensorflow = pinnedTensorflow, python = 'python3', compiler = 'c++', onProgress } = options;
  checkPlatform(gpu);
  const { wheel = defaultWheel(gpu), cacheFolder = defaultTensorflowCache() } = options;
  const name: NativePackage = gpu ? '@tensorflow/tfjs-node-gpu' : '@tensorflow/tfjs-node';
  const cache = path.resolve(cacheFolder);
  const manifest = manifestPath(cache, name);
  const folder = packageFolder(cache, name);
  const libraries = path.join(cache, `${wheel}-${tensorflow}`);
  const complete = (await exists(folder)) && (await exists(libraries));
  await writingInto(cache, async () => {
    await claim(cache);
    if (!complete) await checkRoom(cache, wheel === 'tensorflow' && gpu ? neededBytes.gpu : neededBytes.cpu);
    onProgress?.({ step: 'package', detail: `${name} ${tfjsVersion} from npm` });
    await fetchPackage(name, folder);
    const known = tensorflow === pinnedTensorflow ? '' : ', whose checksum is unknown here';
    onProgress?.({ step: 'tensorflow', detail: `the libraries of ${wheel} ${tensorflow} from pip${known}` });
    await unpackTensorflow({ python, name: wheel, version: tensorflow }, libraries);
    if (gpu && wheel === 'tensorflow') {
      await unpackCuda(python, libraries, known === '', (detail) =>
        onProgress?.({ step: 'cuda', detail: `${detail} from pip` }),
      );
    }
    onProgress?.({ step: 'addon', detail: 'compiling and linking the addon' });
    await rm(manifest, { force: true });
    await buildAddon(compiler, folder, name, libraries);
  });
  onProgress?.({ step: 'check', detail: 'training a few steps, to compare them with the reference' });
  const check = await checkInProcess(gpu, { tensorflowFolder: folder, v8Flags: options.v8Flags });
  const installation = { package: name, folder, wheel, tensorflow, ...check };
  await writeFile(`${manifest}.partial`, `${JSON.stringify(installation, null, 2)}\n`);
  await rename(`${manifest}.partial`, manifest);
  return installation;
}

function defaultWheel(gpu: boolean): Wheel['name'] {
  // For arm64 there is only one, without CUDA.
  return gpu || process.arch === 'arm64' ? 'tensorflow' : 'tensorflow-cpu';
}

/** This file marks a folder as one of ours, so that no other folder is ever removed. */
const cacheMark = 'made-by-ae';

/** Creates the folder, or finds an earlier one; refuses a folder that contains other files. */
async function claim(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  const mark = path.join(folder, cacheMark);
  if (await exists(mark)) return;
  if ((await readdir(folder)).length > 0) {
    throw failure(`${folder} already contains other files; choose another cache folder`);
  }
  await writeFile(mark, 'Made by installTensorflow of @ae/autoencoder. May be deleted as a whole.\n');
}

/** Removes what `installTensorflow` put into the cache folder; returns whether there was anything. */
export async function removeTensorflow({ cacheFolder = defaultTensorflowCache() } = {}): Promise<boolean> {
  if (!(await exists(cacheFolder))) return false;
  if (!(await exists(path.join(cacheFolder, cacheMark)))) {
    throw failure(`${cacheFolder} was not created by installTensorflow, so it is not removed; name the right folder`);
  }
  await rm(cacheFolder, { recursive: true });
  return true;
}

function checkPlatform(gpu: boolean): void {
  const { platform, arch } = process;
  if (platform === 'linux' && (arch === 'x64' || (arch === 'arm64' && !gpu))) return;
  const expected = gpu ? 'Linux on x64' : 'Linux on x64 or arm64';
  throw failure(
    `expected ${expected}, received ${platform} on ${arch}; use the wasm engine, or webgpu if there is a GPU`,
  );
}

async function checkRoom(folder: string, needed: number): Promise<void> {
  const { bavail, bsize } = await statfs(folder);
  if (bavail * bsize >= needed) return;
  const gigabytes = (bytes: number) => (bytes / 1e9).toFixed(1);
  throw failure(
    `${folder} has ${gigabytes(bavail * bsize)} GB of free space, but ${gigabytes(needed)} GB are needed; free some space, or choose another cache folder`,
  );
}

/** Turns the operating system's error about the folder into a sentence. */
async function writingInto(folder: string, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (cause) {
    if (cause instanceof AutoencoderError) throw cause;
    const { code } = cause as NodeJS.ErrnoException;
    throw failure(
      `${folder} could not be written (${code ?? cause}); free some space, or choose another cache folder`,
      cause,
    );
  }
}

/** How long each engine is measured, twice. */
const benchSeconds = 1.5;

/** Runs `checkTensorflow` in a separate process: an addon that does not fit this machine may crash the process that loads it. */
async function checkInProcess(gpu: boolean, options: BackendOptions): Promise<TensorflowCheck> {
  const self = createRequire(import.meta.url).resolve('@ae/autoencoder/native');
  const name = gpu ? 'tensorflow-gpu' : 'tensorflow';
  const call = `checkTensorflow(${JSON.stringify(name)}, ${JSON.stringify(options)}, ${benchSeconds})`;
  const script = `require(${JSON.stringify(self)}).${call}.then(
    (check) => console.log(JSON.stringify(check)),
    (error) => { console.error(String(error.message)); process.exitCode = 1; },
  )`;
  const printed = await runTool({
    ...{ name: 'checking the addon', command: [process.execPath, '-e', script], ifMissing: 'install it again' },
    ifFailed: 'choose another version of TensorFlow with --tensorflow, or use the wasm engine',
  });
  return JSON.parse(printed.trim().split('\n').at(-1) ?? '');
}
