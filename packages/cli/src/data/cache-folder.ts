/** Where the command line keeps files that it can recreate. */
import { homedir } from 'node:os';
import path from 'node:path';
import { CliError } from '../shell/cli-error';

const systemCaches: Partial<Record<NodeJS.Platform, string>> = { darwin: 'Library/Caches', win32: 'AppData/Local' };

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
  const { AE_CACHE, XDG_CACHE_HOME } = process.env;
  return path.resolve(AE_CACHE || path.join(XDG_CACHE_HOME || systemCache(), 'ae'), kind);
}

function systemCache(): string {
  let home = '';
  try {
    home = homedir();
  } catch {
    // The system knows of no such user.
  }
  if (path.isAbsolute(home)) return path.join(home, systemCaches[process.platform] ?? '.cache');
  throw new CliError(
    'NO_HOME',
    'This user has no home folder to keep imported images in; set AE_CACHE to a folder that ae may write to.',
  );
}
