import { createHash, randomUUID } from 'node:crypto';
import { link, lstat, open, readdir, realpath, rm, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { rename } from '@ae/ground/rename';
import { AutoencoderError } from '../errors/errors';
import { withPath } from '../files/atomic-file';
import { expectRecord, expectText, expectWhole } from '../files/expectations';
import { startOf } from './process-start';
import { readTextFile } from './run-file';

/** Who is training a run: written to its folder as JSON. */
interface Holder {
  readonly pid: number;
  readonly host: string;
  /** When the process started, because another one may have its number by now; not available on every system. */
  readonly started?: string;
  /** Distinguishes this lock from all others. */
  readonly id?: string;
}

const lockFile = 'lock.json';
const maxLockBytes = 65536;
/** How many times to try locking while others lock or unlock. */
const maxAttempts = 50;

/** Locks that this process holds. */
const held = new Set<string>();

/** Tells whether a file in a run's folder belongs to its lock. */
export function isLockFile(name: string): boolean {
  return name === lockFile || name.startsWith(`${lockFile}.`);
}

/** Tells whether a process of this machine is training a run. */
export async function isBeingTrained(folder: string): Promise<boolean> {
  const text = await readTextFile(path.join(folder, lockFile), maxLockBytes).catch(() => undefined);
  const holder = text === undefined ? undefined : parseHolder(text);
  return holder !== undefined && (await isAlive(holder));
}

/**
 * Reserves a run's folder for one training process at a time: two would overwrite each other's metrics and checkpoints. A lock that a
 * killed process of this machine left behind is taken over, and so is that of another machine, about which nothing can be known.
 */
export class RunLock {
  readonly #file: string;
  readonly #text: string;

  private constructor(file: string, text: string) {
    this.#file = file;
    this.#text = text;
  }

  /** Throws RUN_IN_USE if a running process holds the folder, which must exist. */
  static async take(folder: string): Promise<RunLock> {
    const file = path.join(await realpath(folder), lockFile);
    if (held.has(file)) throw inUse(folder, file, process.pid);
    held.add(file);
    try {
      const lock = new RunLock(file, `${JSON.stringify(await describeSelf())}\n`);
      await lock.#acquire(folder);
      return lock;
    } catch (error) {
      held.delete(file);
      throw error;
    }
  }

  /** Releases the folder, unless another process has taken it over in the meantime. */
  async release(): Promise<void> {
    if (!held.delete(this.#file)) return;
    const text = await readTextFile(this.#file, maxLockBytes).catch(() => undefined);
    if (text === this.#text) await rm(this.#file, { force: true });
  }

  async #acquire(folder: string): Promise<void> {
    for (let attempt = 0; attempt < maxAttempts; attempt++) {
      if (await createWhole(this.#file, this.#text)) return;
      const former = await readTextFile(this.#file, maxLockBytes);
      if (former === undefined) {
        await refuseLink(this.#file);
        // Released just now.
        continue;
      }
      const holder = parseHolder(former);
      if (holder && (await isAlive(holder))) throw inUse(folder, this.#file, holder.pid);
      if (await this.#takeOver(former)) return;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    throw inUse(folder, this.#file, undefined);
  }

  /**
   * Replaces the lock `former`, whose holder is dead. Only one process at a time may do so: the one that creates the file named after the
   * former lock. Any other process that saw that lock finds either that file, or another lock in its place.
   */
  async #takeOver(former: string): Promise<boolean> {
    const claims: string[] = [];
    for (let text = former; ; ) {
      const claim = claimOf(this.#file, text);
      if (await createWhole(claim, this.#text)) {
        claims.push(claim);
        break;
      }
      // Another process is already taking it over; if that one is dead, its claim is taken over in the same way.
      const other = await readTextFile(claim, maxLockBytes);
      const holder = other === undefined ? undefined : parseHolder(other);
      if (other === undefined || other === text || claims.includes(claim) || (holder && (await isAlive(holder)))) {
        return false;
      }
      claims.push(claim);
      text = other;
    }
    const isUnchanged = (await readTextFile(this.#file, maxLockBytes)) === former;
    if (isUnchanged) await replaceWith(this.#file, this.#text);
    await removeClaims(this.#file, isUnchanged ? undefined : claims.slice(-1));
    return isUnchanged;
  }
}

async function describeSelf(): Promise<Holder> {
  const started = await startOf(process.pid);
  return { pid: process.pid, host: hostname(), ...(started && started !== 'ended' && { started }), id: randomUUID() };
}

/** Throws for a dangling link, which can be neither read nor created. */
async function refuseLink(file: string): Promise<void> {
  const found = await lstat(file).catch(() => undefined);
  if (!found?.isSymbolicLink()) return;
  throw new AutoencoderError('NOT_READABLE', `${file} is a dangling link; remove it.`);
}

/** Creates a file with its complete contents; returns false if the name is taken. */
async function createWhole(file: string, text: string): Promise<boolean> {
  const temporary = `${file}.${randomUUID().slice(0, 8)}.tmp`;
  try {
    await writeFile(temporary, text, { flag: 'wx' });
    await link(temporary, file);
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') return false;
    // Some file systems have no links.
    if (code === 'EPERM' || code === 'ENOTSUP' || code === 'ENOSYS' || code === 'EOPNOTSUPP') {
      return createAtOnce(file, text);
    }
    throw withPath(error, file);
  } finally {
    await rm(temporary, { force: true });
  }
}

async function createAtOnce(file: string, text: string): Promise<boolean> {
  const handle = await open(file, 'wx').catch((error) => {
    if (error.code === 'EEXIST') return undefined;
    throw error;
  });
  if (!handle) return false;
  try {
    await handle.writeFile(text);
  } finally {
    await handle.close();
  }
  return true;
}

async function replaceWith(file: string, text: string): Promise<void> {
  const temporary = `${file}.${randomUUID().slice(0, 8)}.tmp`;
  await writeFile(temporary, text, { flag: 'wx' });
  await rename(temporary, file);
}

function claimOf(file: string, text: string): string {
  return `${file}.${createHash('sha256').update(text).digest('hex').slice(0, 16)}.claim`;
}

/** Removes claims: those given, or all, which belong to former locks once this one is in place. */
async function removeClaims(file: string, claims: readonly string[] | undefined): Promise<void> {
  const folder = path.dirname(file);
  const isClaim = (name: string) => name.startsWith(`${lockFile}.`) && name.endsWith('.claim');
  const all = claims ?? (await readdir(folder)).filter(isClaim).map((name) => path.join(folder, name));
  for (const claim of all) await rm(claim, { force: true });
}

/** Returns who wrote a lock; undefined for a damaged one, which nobody holds. */
function parseHolder(text: string): Holder | undefined {
  try {
    const holder: unknown = JSON.parse(text);
    expectRecord('it', holder);
    expectWhole('pid', holder.pid, { min: 1, max: 2 ** 31 - 1 });
    expectText('host', holder.host);
    if (holder.started !== undefined) expectText('started', holder.started);
    return holder as unknown as Holder;
  } catch {
    return undefined;
  }
}

/** Tells whether the process that wrote a lock is still running: the same one, not another with its number. */
async function isAlive({ pid, host, started }: Holder): Promise<boolean> {
  if (host !== hostname() || !runs(pid)) return false;
  const now = await startOf(pid);
  if (now === 'ended') return false;
  if (started !== undefined && now !== undefined) return started === now;
  // Locks without a time are older than this process if they have its number.
  return pid !== process.pid;
}

function runs(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function inUse(folder: string, file: string, pid: number | undefined): AutoencoderError {
  const who = pid === undefined ? 'another process' : `process ${pid}`;
  return new AutoencoderError(
    'RUN_IN_USE',
    `${folder} is being trained by ${who}; ` + `stop that process first (or remove ${file}, if nothing is training).`,
  );
}
