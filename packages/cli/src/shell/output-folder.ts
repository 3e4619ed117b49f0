import { randomUUID } from 'node:crypto';
import { lstat, mkdir, readdir, readFile, rm, rmdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { makeFolders } from '@ae/ground/make-folders';
import { rename } from '@ae/ground/rename';
import { CliError, writingTo } from './cli-error';

/** A new, empty folder that a command is about to fill. */
export interface ClaimedFolder {
  readonly path: string;
  /** Removes the folder if it is still empty, and the parent folders that were created for it. */
  release(): Promise<void>;
}

/**
 * Creates the folder `prefix`-n with the first free number (from 1), so that nothing is ever overwritten, even when two programs run at
 * once.
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

/** Creates a folder that must not exist yet. */
export async function claimFolder(folder: string): Promise<ClaimedFolder> {
  return writingTo(folder, async () => {
    const above = makeFolders(path.dirname(folder));
    if (await makeFolder(folder)) return claimed(folder, above);
    throw alreadyThere(folder);
  });
}

/** Creates one folder; returns false if its name is taken. */
async function makeFolder(folder: string): Promise<boolean> {
  try {
    await mkdir(folder);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/** `above` is the topmost parent folder that had to be created, if any. */
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
 * Fills a claimed folder: `fill` writes to a temporary folder beside it, which replaces the claimed folder once it is complete. If `fill`
 * fails, nothing is left.
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
 * Creates a folder that appears complete or not at all: `fill` writes to a temporary one beside it, which is then renamed. What killed
 * processes left behind is removed afterwards.
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

/** Now that the folder is complete, its temporary folders are no longer needed. */
async function removeLeftovers(target: string): Promise<void> {
  const { dir, base } = path.parse(path.resolve(target));
  const isLeft = (name: string) => name.startsWith(`${base}.`) && /^\.[0-9a-f]{8}\.tmp$/.test(name.slice(base.length));
  for (const name of (await readdir(dir)).filter(isLeft)) {
    await rm(path.join(dir, name), { recursive: true, force: true });
  }
}

/**
 * Creates a folder as `writeFolderWhole` does; if the name is taken, fills one only to compare, and throws OUTPUT_EXISTS unless the
 * existing files are identical. Returns whether they existed.
 */
export async function writeFolderOnce(target: string, fill: (temporary: string) => Promise<void>): Promise<boolean> {
  try {
    if (!(await isThere(target))) {
      await writeFolderWhole(target, fill);
      return false;
    }
  } catch (error) {
    // Another process did the same at the same time, and finished first.
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

/** Tells whether an error says that a folder could not be renamed or was removed, as happens if another process finished first. */
export function isTaken(error: unknown): boolean {
  return ['EEXIST', 'ENOTEMPTY', 'EPERM', 'ENOENT'].includes((error as { code?: string }).code ?? '');
}

/** Throws if the name of an output is taken; called before long work begins. */
export async function assertNew(target: string): Promise<void> {
  if (await isThere(target)) throw alreadyThere(target);
}

/** A dangling link counts as existing, too. */
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

/** Writes a file that appears complete or not at all, replacing an older one. */
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
