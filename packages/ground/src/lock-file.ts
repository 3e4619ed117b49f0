/** A lock file says which process works somewhere. One that was killed leaves its lock behind, which another process may take over. */
import { createHash, randomUUID } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { renameAtOnce } from './rename-at-once';

/** A lock to take. */
export interface WantedLock {
  readonly file: string;
  /** What this process writes to it: a text that no other lock has. */
  readonly text: string;
  /** Returns the text of a lock, or undefined if it does not exist. */
  readonly read: (file: string) => string | undefined;
  /** Throws if the process that wrote this text to this file, a lock or a claim to take one over, is still working. */
  readonly assertGone: (text: string, file: string) => void;
}

/** How many times to try while others lock or unlock, and how long to wait in between. */
const attempts = 250;
const pauseMs = 4;

/**
 * Takes a lock that does not exist, or whose owner is gone. Of several processes that try at the same time, one succeeds.
 *
 * @returns false if others kept locking and unlocking
 * @throws what `assertGone` and `read` throw, or the operating system's error
 */
export function takeLock({ file, text, read, assertGone }: WantedLock): boolean {
  for (let i = 0; i < attempts; i++) {
    if (createWhole(file, text)) return true;
    const former = read(file);
    // Undefined if it was released just now.
    if (former !== undefined) {
      assertGone(former, file);
      if (takeOver({ file, text, read, assertGone }, former)) return true;
    }
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, pauseMs);
  }
  return false;
}

/** Far more than any lock has. */
const mostBytes = 4096;

/** Reads a lock; returns undefined if it does not exist. @throws for anything but a small file, or the operating system's error */
export function readLock(file: string): string | undefined {
  let opened: number;
  try {
    opened = fs.openSync(file, fs.constants.O_RDONLY | (fs.constants.O_NONBLOCK ?? 0));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    if (!fs.lstatSync(file, { throwIfNoEntry: false })) return undefined;
    throw new Error('it is a dangling link', { cause: error });
  }
  try {
    const found = fs.fstatSync(opened);
    if (!found.isFile()) throw new Error('it is not a regular file');
    if (found.size > mostBytes) throw new Error(`it has ${found.size} bytes`);
    return fs.readFileSync(opened, 'utf8');
  } finally {
    fs.closeSync(opened);
  }
}

/** Creates a file that must not exist, together with its text if the file system supports that; returns false if it exists. */
export function createWhole(file: string, text: string): boolean {
  const temporary = writeBeside(file, text);
  try {
    fs.linkSync(temporary, file);
    return true;
  } catch (error) {
    // Some file systems have no links.
    return !exists(error) && createAtOnce(file, text);
  } finally {
    fs.rmSync(temporary, { force: true });
  }
}

function createAtOnce(file: string, text: string): boolean {
  try {
    fs.writeFileSync(file, text, { flag: 'wx' });
    return true;
  } catch (error) {
    if (exists(error)) return false;
    fs.rmSync(file, { force: true });
    throw error;
  }
}

/** Writes a text to a new file beside another one, and returns its name. Nothing is left of it if the disk is full. */
function writeBeside(file: string, text: string): string {
  const temporary = `${file}.${randomUUID().slice(0, 8)}.tmp`;
  try {
    fs.writeFileSync(temporary, text, { flag: 'wx' });
    return temporary;
  } catch (error) {
    fs.rmSync(temporary, { force: true });
    throw error;
  }
}

function exists(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === 'EEXIST';
}

/**
 * Replaces the lock `former`, whose owner is gone. Only one process at a time may do so: the one that creates the file named after the
 * former lock. Any other process that saw that lock finds either that file, or another lock in its place.
 */
function takeOver({ file, text, read, assertGone }: WantedLock, former: string): boolean {
  const claims: string[] = [];
  for (let taken = former; ; ) {
    const claim = claimOf(file, taken);
    const isMine = createWhole(claim, text);
    const other = isMine ? undefined : read(claim);
    // Its owner has just finished.
    if (!isMine && (other === undefined || claims.includes(claim))) return false;
    claims.push(claim);
    if (other === undefined) break;
    // Another process is already taking it over; if that one is gone, its claim is taken over in the same way.
    assertGone(other, claim);
    taken = other;
  }
  const isUnchanged = read(file) === former;
  if (isUnchanged) replaceWith(file, text);
  // Once this lock is in place, all claims belong to former ones.
  for (const claim of isUnchanged ? claimsOf(file) : claims.slice(-1)) fs.rmSync(claim, { force: true });
  return isUnchanged;
}

function replaceWith(file: string, text: string): void {
  renameAtOnce(writeBeside(file, text), file);
}

function claimOf(file: string, text: string): string {
  return `${file}.${createHash('sha256').update(text).digest('hex').slice(0, 16)}.claim`;
}

function claimsOf(file: string): string[] {
  const [folder, name] = [path.dirname(file), path.basename(file)];
  const isClaim = (entry: string) => entry.startsWith(`${name}.`) && entry.endsWith('.claim');
  return fs
    .readdirSync(folder)
    .filter(isClaim)
    .map((entry) => path.join(folder, entry));
}
