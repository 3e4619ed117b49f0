/** Where the command line keeps files that it can recreate. */
import { homedir } from 'node:os';
import path from 'node:path';

const systemCaches: Partial<Record<NodeJS.Platform, string>> = { darwin: 'Library/Caches', win32: 'AppData/Local' };

/** Returns the folder of imported images. */
export function imageCache(): string {
  return cacheFolder('images');
}

/** Returns the folder for one kind of files: in AE_CACHE, in XDG_CACHE_HOME, or else in the system's cache folder. */
export function cacheFolder(kind: 'images' | 'compiled'): string {
  const { AE_CACHE, XDG_CACHE_HOME } = process.env;
  const system = path.join(XDG_CACHE_HOME || path.join(homedir(), systemCaches[process.platform] ?? '.cache'), 'ae');
  return path.resolve(AE_CACHE || system, kind);
}
