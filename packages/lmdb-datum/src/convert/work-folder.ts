/**
 * The folder in which a database grows until it is complete: `output` + '.partial'. The process that works there holds a lock file in it. A
 * killed process leaves both behind; the next one notices that the owner is gone, and takes the folder over.
 */
import fs from 'node:fs';
import path from 'node:path';
import { labelsName } from '@ae/ground/class-names';
import { makeFolders } from '@ae/ground/make-folders';
import { renameAtOnce } from '@ae/ground/rename-at-once';
import { shardNoteName } from '@ae/ground/shard-notes';
import { OutputExistsError, reasonOf, WriteError } from '../errors/errors';
import { LockedError, takeLock, writeLock } from '../files/lock-file';
import { kindOf } from '../files/regular-file';
import { temporaryName } from '../files/temporary-name';
import { writerLockName } from '../write/target';
import { adviceOn, assertFree, partialName } from './output-folder';

const lockName = 'import.lock';
export const journalName = 'convert-imageset.json';
/** Of the shard of a conversion. */
export const recordsName = 'records.bin';
/** What imports create there, including temporary names. A folder that contains anything else belongs to the user. */
const ours = ['data.mdb', 'lock.mdb', journalName, labelsName, recordsName, shardNoteName, lockName, writerLockName];
const mostTries = 100;
const TEMPORARY = /\.[0-9a-f]{8}\.tmp$/;

export interface WorkFolder {
  path: string;
  /** False if it contains work to continue. */
  isNew: boolean;
  /** Releases the folder to other processes. */
  release(): void;
}

/**
 * Creates the folder in which an output grows, or takes over one that a process left behind.
 *
 * @param goesOn Examines such a folder: false lets its contents be removed. If it throws, the folder is left unchanged.
 * @throws OutputExistsError if the output exists, another process works there, or the folder does not belong to an import; WriteError.
 */
export function claimWorkFolder(output: string, goesOn: () => boolean): WorkFolder {
  const folder = partialName(output);
  for (let tries = 1; ; tries++) {
    assertFree(output);
    try {
      const claimed = claim(folder, goesOn);
      // Only its owner renames it to the output, so from here on nobody else does.
      assertStillFree(output, claimed);
      return claimed;
    } catch (cause) {
      // Another process renamed or removed it while this one was looking.
      if ((cause as NodeJS.ErrnoException).code === 'ENOENT' && tries < mostTries) continue;
      if (cause instanceof LockedError) throw new OutputExistsError(`${folder}: ${cause.message}.`, { path: folder });
      if (!(cause instanceof Error) || !('syscall' in cause)) throw cause;
      throw new WriteError(
        { state: `${folder} cannot be created (${reasonOf(cause)})`, todo: adviceOn(cause) },
        { path: folder, cause },
      );
    }
  }
}

function claim(folder: string, goesOn: () => boolean): WorkFolder {
  makeFolders(path.dirname(path.resolve(folder)));
  const release = makeWithLock(folder);
  if (release) return { path: folder, isNew: true, release };
  assertOurs(folder);
  return takeOver(folder, goesOn);
}

function assertStillFree(output: string, { path: folder, isNew, release }: WorkFolder): void {
  try {
    assertFree(output);
  } catch (error) {
    if (isNew) removeWorkFolder(folder);
    release();
    throw error;
  }
}

/** Creates the folder together with its lock, so that nobody finds one without. Returns undefined if it exists already. */
function makeWithLock(folder: string): (() => void) | undefined {
  if (fs.lstatSync(folder, { throwIfNoEntry: false })) return undefined;
  const temporary = temporaryName(folder);
  fs.mkdirSync(temporary);
  try {
    const release = writeLock(path.join(temporary, lockName), path.join(folder, lockName));
    renameAtOnce(temporary, folder);
    return release;
  } catch (error) {
    fs.rmSync(temporary, { recursive: true, force: true });
    // Another process was faster. Windows reports that only as a missing permission.
    const codes = ['ENOTEMPTY', 'EEXIST', ...(fs.existsSync(folder) ? ['EPERM', 'EACCES'] : [])];
    if (codes.includes((error as NodeJS.ErrnoException).code ?? '')) return undefined;
    throw error;
  }
}

function takeOver(folder: string, goesOn: () => boolean): WorkFolder {
  const release = takeLock(path.join(folder, lockName));
  try {
    if (goesOn()) return { path: folder, isNew: false, release };
    for (const name of fs.readdirSync(folder)) if (name !== lockName) fs.rmSync(path.join(folder, name));
    return { path: folder, isNew: true, release };
  } catch (error) {
    release();
    throw error;
  }
}

/** @throws OutputExistsError unless everything in it was created by an import: it has a lock, or a journal, from before its database. */
function assertOurs(folder: string): void {
  const stats = fs.lstatSync(folder);
  if (!stats.isDirectory()) throw foreign(folder, `${folder} is ${kindOf(stats)}`);
  const found = fs.readdirSync(folder);
  const isMarked = found.some((name) => [lockName, journalName].includes(name.replace(TEMPORARY, '')));
  for (const name of found) {
    const stats = fs.lstatSync(path.join(folder, name), { throwIfNoEntry: false });
    // The process that worked there has renamed it.
    if (!stats) continue;
    const kind = kindOf(stats);
    const isOurs = isMarked && ours.includes(name.replace(TEMPORARY, '')) && kind === 'a file';
    if (!isOurs)
      throw foreign(
        folder,
        `${folder} already exists and contains ${name} (${kind}), which was not written by an import`,
      );
  }
}

/**
 * Removes the folder, which this process holds. What identifies its owner is removed last, together with the folder's name: if this is
 * interrupted, the next process can continue, and nobody takes over a folder that is about to be removed.
 */
export function removeWorkFolder(folder: string): void {
  for (const name of ours) if (name !== lockName) fs.rmSync(path.join(folder, name), { force: true });
  const aside = temporaryName(folder);
  try {
    renameAtOnce(folder, aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw error;
  }
  fs.rmSync(aside, { recursive: true, force: true });
}

function foreign(folder: string, what: string): OutputExistsError {
  return new OutputExistsError({ state: what, todo: 'move it away, or choose another output' }, { path: folder });
}

/** Removes from the complete database what only the work needs. */
export function removeTraces(folder: string): void {
  for (const name of [journalName, lockName, writerLockName]) {
    try {
      // Short imports notice how long `rmSync` takes.
      fs.unlinkSync(path.join(folder, name));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
  }
}
