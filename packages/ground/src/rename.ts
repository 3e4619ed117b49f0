/**
 * Renames files and folders. On Windows, a virus scanner or an indexer keeps a file open for a moment after it was written, during which it
 * cannot be renamed: there, renaming is retried for about a second.
 */
import { rename as renameOnce } from 'node:fs/promises';
import process from 'node:process';

const passing = new Set(['EACCES', 'EBUSY', 'EPERM']);

/** Renames `from` to `to`, replacing a file of that name. @throws the operating system's error */
export async function rename(
  from: string,
  to: string,
  system = { platform: process.platform, rename: renameOnce },
): Promise<void> {
  for (const waitMs of waitsOf(system.platform)) {
    try {
      return await system.rename(from, to);
    } catch (error) {
      if (!isPassing(error)) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, waitMs));
  }
  return system.rename(from, to);
}

/** Returns how long to wait before each further attempt, in milliseconds. */
export function waitsOf(platform: NodeJS.Platform): readonly number[] {
  return platform === 'win32' ? [5, 10, 20, 40, 80, 160, 320, 640] : [];
}

/** Tells whether an error may be gone in a moment. */
export function isPassing(error: unknown): boolean {
  return passing.has((error as NodeJS.ErrnoException).code ?? '');
}
