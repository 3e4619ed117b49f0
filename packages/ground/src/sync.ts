/** Makes what was written survive a power failure. By the numbers of files: Yarn's Plug'n'Play has no sync of a FileHandle. */
import { fsync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';

export function syncFile({ fd }: Pick<FileHandle, 'fd'>): Promise<void> {
  return new Promise((resolve, reject) => fsync(fd, (error) => (error ? reject(error) : resolve())));
}

/** For the names in a folder, on systems and file systems where folders can be synced (not Windows). */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r').catch(() => undefined);
  if (!handle) return;
  await syncFile(handle).catch(() => undefined);
  await handle.close();
}
