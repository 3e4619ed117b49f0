/** Where native TensorFlow is installed for all projects of a user, and what is installed there. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { systemCache } from '@ae/ground/system-cache';
import { AutoencoderError } from '../../errors/errors';

/** The npm packages that contain bindings to TensorFlow's C library. */
export type NativePackage = '@tensorflow/tfjs-node-gpu' | '@tensorflow/tfjs-node';

/** Native TensorFlow as `installTensorflow` left it: complete, and with verified results. */
export interface TensorflowInstallation {
  /** The npm package whose addon was linked. */
  readonly package: NativePackage;
  /** The folder whose node_modules contains it. */
  readonly folder: string;
  /** The pip package that the libraries come from. */
  readonly wheel: string;
  /** TensorFlow's version. */
  readonly tensorflow: string;
  /** Whether it computed on a GPU when it was installed. */
  readonly gpu: boolean;
  /** Training speeds when it was installed, of the mirror network in batches of 32, for TensorFlow and for the wasm engine. */
  readonly imagesPerSecond: { readonly tensorflow: number; readonly wasm: number };
}

/**
 * The default folder of native TensorFlow, in the user's cache folder.
 *
 * @throws AutoencoderError INSTALL_FAILED if the user has no home folder, as some services and containers
 */
export function defaultTensorflowCache(): string {
  const cache = systemCache();
  if (cache !== undefined) return path.join(cache, 'ae', 'tensorflow');
  throw new AutoencoderError('INSTALL_FAILED', 'This user has no home folder; set HOME or name a cache folder.');
}

/** `tfjs-node` or `tfjs-node-gpu`, the name of the folder that contains a package with its dependencies. */
export function packageFolder(cache: string, name: NativePackage): string {
  return path.join(cache, path.basename(name));
}

const manifestFile = 'installed.json';

/** The file that marks an installation as complete. */
export function manifestPath(cache: string, name: NativePackage): string {
  return path.join(packageFolder(cache, name), manifestFile);
}

/** Reads what is installed; undefined if nothing is, or only a part. */
export async function findInstallation(
  name: NativePackage,
  cache?: string,
): Promise<TensorflowInstallation | undefined> {
  try {
    return JSON.parse(await readFile(manifestPath(cache ?? defaultTensorflowCache(), name), 'utf8'));
  } catch {
    return undefined;
  }
}

/** The result of `checkTensorflow`. */
export interface TensorflowCheck {
  /** Whether it computed on a GPU. */
  readonly gpu: boolean;
  /** Training speed of the mirror network in batches of 32. */
  readonly imagesPerSecond: { readonly tensorflow: number; readonly wasm: number };
}
