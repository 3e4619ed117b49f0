/** A lock file says which process works on a folder or a file; the process may have ended without removing it. */
import { randomUUID } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import { renameAtOnce } from '@ae/ground/rename-at-once';
import { readRegularFile } from './regular-file';

/** Another process is working there. */
export class LockedError extends Error {}

interface Owner {
  pid: number;
  host: string;
  /** Distinguishes the process from a later one with the same number. Empty if the system does not say. */
  started: string;
  /** Distinguishes two locks of one process. */
  id: string;
}

const beatMs = 10_000;
/** An owner on another machine, or in another container, that has been silent for this long is gone. */
const silenceMs = 60_000;
const mostBytes = 4096;

/**
 * Creates this process's lock if there is none.
 *
 * @param lock The future name of the lock file, if its folder will be renamed.
 * @returns A function that removes the lock, if it is still this one.
 * @throws the operating system's error: EEXIST if there is one.
 */
export function writeLock(file: string, lock = file): () => void {
  const text = JSON.stringify({ ...self(), id: randomUUID() } satisfies Owner);
  createWhole(file, text);
  const beat = setInterval(() => touch(lock), beatMs).unref();
  return () => {
    clearInterval(beat);
    if (readText(lock) === text) fs.rmSync(lock, { force: true });
  };
}

/** Creates a file that must not exist, together with its text if the file system supports that. */
function createWhole(file: string, text: string): void {
  const temporary = `${file}.${randomUUID().slice(0, 8)}.tmp`;
  fs.writeFileSync(temporary, text, { flag: 'wx' });
  try {
    fs.linkSync(temporary, file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') throw error;
    // Some file systems have no links.
    fs.writeFileSync(file, text, { flag: 'wx' });
  } finally {
    fs.rmSync(temporary, { force: true });
  }
}

/** Takes a lock that does not exist, or whose owner is gone. @throws LockedError, or the operating system's error. */
export function takeLock(lock: string): () => void {
  for (;;) {
    try {
      return writeLock(lock);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    const text = readText(lock);
    assertGone(text, lock);
    removeStale(lock, text);
  }
}

/** Removes a lock, unless another process has replaced it in the meantime. */
function removeStale(lock: string, text: string | undefined): void {
  const aside = `${lock}.${randomUUID().slice(0, 8)}.tmp`;
  try {
    renameAtOnce(lock, aside);
    if (readText(aside) !== text) fs.linkSync(aside, lock);
    fs.rmSync(aside, { force: true });
  } catch (error) {
    if (!['ENOENT', 'EEXIST'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
  }
}

function assertGone(text: string | undefined, lock: string): void {
  const owner = parseOwner(text);
  if (!owner) return;
  const { pid, host, started } = owner;
  if (host === os.hostname()) {
    if (startOf(pid) !== started || !isAlive(pid)) return;
    throw new LockedError(`process ${pid} is writing there; wait until it ends, or choose another output`);
  }
  const silentMs = Date.now() - (fs.statSync(lock, { throwIfNoEntry: false })?.mtimeMs ?? 0);
  if (silentMs > silenceMs) return;
  throw new LockedError(
    `process ${pid} of the machine ${host} was writing there a moment ago; if it has ended, try again in a minute`,
  );
}

/** A lock that cannot be read, or is incomplete, belongs to nobody, because locks are written in one piece. */
function parseOwner(text: string | undefined): Owner | undefined {
  try {
    const { pid, host, started } = JSON.parse(text ?? '');
    const isSound = Number.isSafeInteger(pid) && pid > 0 && typeof host === 'string' && typeof started === 'string';
    return isSound ? { pid, host, started, id: '' } : undefined;
  } catch {
    return undefined;
  }
}

function self(): Omit<Owner, 'id'> {
  return { pid: process.pid, host: os.hostname(), started: startOf(process.pid) };
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/**
 * Returns when a process was started, in ticks since the machine was: field 22 of Linux's stat file, after a name that may contain
 * anything. A zombie no longer has a time.
 */
function startOf(pid: number): string {
  const stat = readText(`/proc/${pid}/stat`) ?? '';
  const [state = '', ...fields] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return /^[ZX]$/.test(state) ? 'ended' : (fields[18] ?? '');
}

function readText(file: string): string | undefined {
  try {
    return readRegularFile(file, mostBytes).toString();
  } catch {
    return undefined;
  }
}

function touch(file: string): void {
  const now = new Date();
  // Otherwise another machine might consider a running import dead; there is nobody to tell.
  fs.utimes(file, now, now, () => undefined);
}
