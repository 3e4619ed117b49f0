import { homedir } from 'node:os';
import path from 'node:path';

const folders: Partial<Record<NodeJS.Platform, string>> = { darwin: 'Library/Caches', win32: 'AppData/Local' };

/** Returns the user's cache folder: undefined for a user without a home folder, as some services and containers have. */
export function systemCache(): string | undefined {
  let home = '';
  try {
    home = homedir();
  } catch {
    // The system knows of no such user.
  }
  return path.isAbsolute(home) ? path.join(home, folders[process.platform] ?? '.cache') : undefined;
}
