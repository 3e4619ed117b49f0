import { randomUUID } from 'node:crypto';
import { access, mkdir, rename, rm, rmdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { CliError, writingTo } from './cli-error';

/**
 * Makes the folder `prefix`-n with the first number that is free (from 1), so that nothing is ever overwritten, also
 * when two programs run at once. Returns its path.
 */
export async function claimNumberedFolder(prefix: string): Promise<string> {
  return writingTo(prefix, async () => {
    await mkdir(path.dirname(prefix), { recursive: true });
    for (let number = 1; ; number++) {
      const folder = `${prefix}-${number}`;
      if (await makeFolder(folder)) return folder;
    }
  });
}

/** Makes a folder that must not exist yet. */
export async function claimFolder(folder: string): Promise<string> {
  return writingTo(folder, async () => {
    await mkdir(path.dirname(folder), { recursive: true });
    if (await makeFolder(folder)) return folder;
    throw alreadyThere(folder, 'folder');
  });
}

async function makeFolder(folder: string): Promise<boolean> {
  try {
    await mkdir(folder);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/** Removes a claimed folder again if nothing has been put into it. */
export async function releaseFolder(folder: string): Promise<void> {
  await rmdir(folder).catch(() => {});
}

/**
 * Fills a claimed folder: `fill` writes into a temporary folder beside it, whose files take the claimed folder's place
 * when all are there. When `fill` fails nothing of it stays, the claimed folder included.
 */
export async function fillFolder(folder: string, fill: (temporary: string) => Promise<void>): Promise<void> {
  const temporary = temporaryName(folder);
  try {
    await writingTo(folder, async () => {
      await mkdir(temporary);
      await fill(temporary);
      await rmdir(folder);
      await rename(temporary, folder);
    });
  } catch (error) {
    await rm(temporary, { recursive: true, force: true });
    await releaseFolder(folder);
    throw error;
  }
}

/** Throws if there is something under the name of an output; called before long work begins. */
export async function assertNew(target: string, kind: 'file' | 'folder'): Promise<void> {
  const exists = await access(target).then(
    () => true,
    () => false,
  );
  if (exists) throw alreadyThere(target, kind);
}

/** Writes a file that appears whole or not at all. */
export async function writeNewFile(file: string, content: Uint8Array | string): Promise<void> {
  await assertNew(file, 'file');
  const temporary = temporaryName(file);
  try {
    await writingTo(file, async () => {
      await writeFile(temporary, content, { flag: 'wx' });
      await rename(temporary, file);
    });
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

function temporaryName(target: string): string {
  return `${path.resolve(target)}.${randomUUID().slice(0, 8)}.tmp`;
}

function alreadyThere(target: string, kind: 'file' | 'folder'): CliError {
  return new CliError(
    'OUTPUT_EXISTS',
    `${target}: expected a ${kind} that does not exist yet, received one that does; name another, or remove it first.`,
  );
}
