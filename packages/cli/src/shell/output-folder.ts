import { randomUUID } from 'node:crypto';
import { lstat, mkdir, readdir, readFile, rm, rmdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { makeFolders } from '@ae/ground/make-folders';
import { rename } from '@ae/ground/rename';
import { CliError, writingTo } from './cli-error';

/** A new, empty folder that a command is going to fill. */
export interface ClaimedFolder {
  readonly path: string;
  /** Removes it again if nothing has been put into it, with the folders above it that were made for it. */
  release(): Promise<void>;
}

/**
 * Makes the folder `prefix`-n with the first number that is free (from 1), so that nothing is ever overwritten, also
 * when two programs run at once.
 */
export async function claimNumberedFolder(prefix: string): Promise<ClaimedFolder> {
  return writingTo(prefix, async () => {
    const above = makeFolders(path.dirname(prefix));
    for (let number = 1; ; number++) {
      const folder = `${prefix}-${number}`;
      if (await makeFolder(folder)) return claimed(folder, above);
    }
  });
}

/** Makes a folder that must not exist yet. */
export async function claimFolder(folder: string): Promise<ClaimedFolder> {
  return writingTo(folder, async () => {
    const above = makeFolders(path.dirname(folder));
    if (await makeFolder(folder)) return claimed(folder, above);
    throw alreadyThere(folder);
  });
}

/** Makes one folder; false when there is something of its name already. */
async function makeFolder(folder: string): Promise<boolean> {
  try {
    await mkdir(folder);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/** `above` is the topmost folder that had to be made for this one, if any. */
function claimed(folder: string, above: string | undefined): ClaimedFolder {
  const last = path.resolve(above ?? folder);
  return {
    path: folder,
    release: async () => {
      try {
        for (let current = path.resolve(folder); ; current = path.dirname(current)) {
          await rmdir(current);
          if (current === last) return;
        }
      } catch {
        // Something lies in it: it stays.
      }
    },
  };
}

/**
 * Fills a claimed folder: `fill` writes into a temporary folder beside it, which takes the claimed folder's place when
 * it is complete. When `fill` fails nothing of it stays.
 */
export async function fillFolder(folder: ClaimedFolder, fill: (temporary: string) => Promise<void>): Promise<void> {
  const temporary = temporaryName(folder.path);
  try {
    await writingTo(folder.path, async () => {
      await mkdir(temporary);
      await fill(temporary);
      await rmdir(folder.path);
      await rename(temporary, folder.path);
    });
  } catch (error) {
    await rm(temporary, { recursive: true, force: true });
    throw error;
  }
}

/**
 * Makes a folder that appears whole or not at all: `fill` writes into a temporary one beside it, which then gets the name. What processes
 * left that were killed at this is removed in the end.
 */
export async function writeFolderWhole<T>(target: string, fill: (temporary: string) => Promise<T>): Promise<T> {
  const temporary = temporaryName(target);
  try {
    const result = await writingTo(target, async () => {
      makeFolders(path.dirname(temporary));
      await mkdir(temporary);
      const filled = await fill(temporary);
      await rename(temporary, target);
      return filled;
    });
    await removeLeftovers(target);
    return result;
  } catch (error) {
    await rm(temporary, { recursive: true, force: true });
    throw error;
  }
}

/** Now that the folder is complete, nobody can need a temporary one of its. */
async function removeLeftovers(target: string): Promise<void> {
  const { dir, base } = path.parse(path.resolve(target));
  const isLeft = (name: string) => name.startsWith(`${base}.`) && /^\.[0-9a-f]{8}\.tmp$/.test(name.slice(base.length));
  for (const name of (await readdir(dir)).filter(isLeft)) {
    await rm(path.join(dir, name), { recursive: true, force: true });
  }
}

/**
 * Makes a folder as `writeFolderWhole` does; where there is something of its name, makes it for a comparison alone, and throws OUTPUT_EXISTS
 * unless all files of it are there already, to the byte. Returns whether they were.
 */
export async function writeFolderOnce(target: string, fill: (temporary: string) => Promise<void>): Promise<boolean> {
  try {
    if (!(await isThere(target))) {
      await writeFolderWhole(target, fill);
      return false;
    }
  } catch (error) {
    // Another process did the same at the same time, and was faster.
    if (!(isTaken(error) && (await isThere(target)))) throw error;
  }
  const temporary = temporaryName(target);
  try {
    await mkdir(temporary);
    await fill(temporary);
    for (const name of await readdir(temporary)) {
      const [made, there] = [temporary, target].map((folder) =>
        readFile(path.join(folder, name)).catch(() => undefined),
      );
      if (!(await made)?.equals((await there) ?? new Uint8Array())) throw alreadyThere(target);
    }
    return true;
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}

/** Tells whether an error says that a folder couldn't get its name, or was removed, as happens where another process was faster. */
export function isTaken(error: unknown): boolean {
  return ['EEXIST', 'ENOTEMPTY', 'EPERM', 'ENOENT'].includes((error as { code?: string }).code ?? '');
}

/** Throws if there is something under the name of an output; called before long work begins. */
export async function assertNew(target: string): Promise<void> {
  if (await isThere(target)) throw alreadyThere(target);
}

/** A link to nothing is something, too. */
function isThere(target: string): Promise<boolean> {
  return lstat(target).then(
    () => true,
    () => false,
  );
}

/** Throws unless `file` is a free name for an image, which commands write as PNG. */
export async function assertNewImage(file: string): Promise<void> {
  await assertNew(file);
  if (/\.png$/i.test(file)) return;
  throw new CliError(
    'INVALID_OPTION',
    `${file}: expected a name that ends in .png, received "${path.basename(file)}"; images are written as PNG.`,
  );
}

/** Writes a new file; throws OUTPUT_EXISTS. */
export async function writeNewFile(file: string, content: Uint8Array | string): Promise<void> {
  await assertNew(file);
  await writeFileWhole(file, content);
}

/** Writes a file that appears whole or not at all, in place of an older one. */
export async function writeFileWhole(file: string, content: Uint8Array | string): Promise<void> {
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

function alreadyThere(target: string): CliError {
  return new CliError('OUTPUT_EXISTS', `${target} already exists; delete it or choose another name.`);
}
