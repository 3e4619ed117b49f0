import { randomUUID } from 'node:crypto';
import { realpath, rm } from 'node:fs/promises';
import { hostname } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { readLock, takeLock } from '@ae/ground/lock-file';
import { isRunning, startOf } from '@ae/ground/running-processes';
import { AutoencoderError } from '../errors/errors';
import { expectRecord, expectText, expectWhole } from '../files/expectations';
import { notReadable, readTextFile } from './run-file';

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
  return holder !== undefined && isAlive(holder);
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
      const text = `${JSON.stringify(describeSelf())}\n`;
      const assertGone = (former: string) => {
        const holder = parseHolder(former);
        if (holder && isAlive(holder)) throw inUse(folder, file, holder.pid);
      };
      if (!takeLock({ file, text, read, assertGone })) throw inUse(folder, file, undefined);
      return new RunLock(file, text);
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
}

function describeSelf(): Holder {
  const started = startOf(process.pid);
  return { pid: process.pid, host: hostname(), ...(started && started !== 'ended' && { started }), id: randomUUID() };
}

/** Reads a lock; undefined if there is none. Throws NOT_READABLE for anything but a small file. */
function read(file: string): string | undefined {
  try {
    return readLock(file);
  } catch (error) {
    throw notReadable(file, error);
  }
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
function isAlive(holder: Holder): boolean {
  // Locks without a time are older than this process if they have its number.
  const isOlder = holder.started === undefined && holder.pid === process.pid;
  return holder.host === hostname() && !isOlder && isRunning(holder);
}

function inUse(folder: string, file: string, pid: number | undefined): AutoencoderError {
  const who = pid === undefined ? 'another process' : `process ${pid}`;
  return new AutoencoderError(
    'RUN_IN_USE',
    `${folder} is being trained by ${who}; ` + `stop that process first (or remove ${file}, if nothing is training).`,
  );
}
