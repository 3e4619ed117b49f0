/** A lock file says which process works on a folder or a file; the process may have ended without removing it. */
import { randomUUID } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import { createWhole, readLock, takeLock as takeLockFile } from '@ae/ground/lock-file';
import { isRunning, startOf } from '@ae/ground/running-processes';

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

/**
 * Creates this process's lock if there is none.
 *
 * @param lock The future name of the lock file, if its folder will be renamed.
 * @returns A function that removes the lock, if it is still this one.
 * @throws LockedError if there is one, or the operating system's error.
 */
export function writeLock(file: string, lock = file): () => void {
  const text = ownText();
  if (!createWhole(file, text)) throw new LockedError('another process is writing there');
  return keep(lock, text);
}

/** Takes a lock that does not exist, or whose owner is gone. @throws LockedError, or the operating system's error. */
export function takeLock(lock: string): () => void {
  const text = ownText();
  if (takeLockFile({ file: lock, text, read, assertGone })) return keep(lock, text);
  throw new LockedError('other processes are writing there; wait until they end, or choose another output');
}

/** Shows other machines that this process is working, until the function that is returned removes the lock. */
function keep(lock: string, text: string): () => void {
  const beat = setInterval(() => touch(lock), beatMs).unref();
  return () => {
    clearInterval(beat);
    if (read(lock) === text) fs.rmSync(lock, { force: true });
  };
}

function ownText(): string {
  const started = startOf(process.pid) ?? '';
  return JSON.stringify({ pid: process.pid, host: os.hostname(), started, id: randomUUID() } satisfies Owner);
}

function assertGone(text: string, lock: string): void {
  const owner = parseOwner(text);
  if (!owner) return;
  const { pid, host, started } = owner;
  if (host === os.hostname()) {
    if (!isRunning({ pid, ...(started !== '' && { started }) })) return;
    throw new LockedError(`process ${pid} is writing there; wait until it ends, or choose another output`);
  }
  const silentMs = Date.now() - (fs.statSync(lock, { throwIfNoEntry: false })?.mtimeMs ?? 0);
  if (silentMs > silenceMs) return;
  throw new LockedError(
    `process ${pid} of the machine ${host} was writing there a moment ago; if it has ended, try again in a minute`,
  );
}

/** A lock that cannot be read, or is incomplete, belongs to nobody, because locks are written in one piece. */
function parseOwner(text: string): Owner | undefined {
  try {
    const { pid, host, started } = JSON.parse(text);
    const isSound = Number.isSafeInteger(pid) && pid > 0 && typeof host === 'string' && typeof started === 'string';
    return isSound ? { pid, host, started, id: '' } : undefined;
  } catch {
    return undefined;
  }
}

/** Returns the text of a lock, empty if it cannot be read; undefined if there is none. */
function read(file: string): string | undefined {
  try {
    return readLock(file);
  } catch {
    return '';
  }
}

function touch(file: string): void {
  const now = new Date();
  // Otherwise another machine might consider a running import dead; there is nobody to tell.
  fs.utimes(file, now, now, () => undefined);
}
