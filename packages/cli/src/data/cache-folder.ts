/** Where the command line keeps files that it can recreate. */
import path from 'node:path';
import { systemCache } from '@ae/ground/system-cache';
import { CliError } from '../shell/cli-error';

/** Returns the folder of imported images. */
export function imageCache(): string {
  return cacheFolder('images');
}

/**
 * Returns the folder for one kind of files: in AE_CACHE, in XDG_CACHE_HOME, or else in the system's cache folder.
 *
 * @throws CliError NO_HOME if the user has no home folder, as some services and containers, and neither variable is set
 */
export function cacheFolder(kind: 'images' | 'compiled'): string {
  const system = systemCache();
  const cache = chosenCache() ?? (system && path.join(system, 'ae'));
  if (cache) return path.resolve(cache, kind);
  throw new CliError(
    'NO_HOME',
    'This user has no home folder to keep imported images in; set AE_CACHE to a folder that ae may write to.',
  );
}

/**
 * Returns the folder for native TensorFlow: in AE_CACHE or XDG_CACHE_HOME if set; otherwise undefined, and @ae/autoencoder uses the
 * system's cache folder.
 */
export function tensorflowCache(): string | undefined {
  const cache = chosenCache();
  return cache && path.resolve(cache, 'tensorflow');
}

/** What the user chose instead of the system's cache folder. */
function chosenCache(): string | undefined {
  const { AE_CACHE, XDG_CACHE_HOME } = process.env;
  return AE_CACHE || (XDG_CACHE_HOME ? path.join(XDG_CACHE_HOME, 'ae') : undefined);
}
