import { readFile, rm, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { AutoencoderError } from '../errors';

/** Who trains a run: written into its folder as JSON. */
interface Holder {
  readonly pid: number;
  readonly host: string;
}

/** Folders that this process holds: its own number in a lock file may be that of a process that died before it. */
const held = new Set<string>();

/**
 * Keeps a run's folder for one training at a time: two would write over each other's metrics and checkpoints. A lock that a killed process
 * of this machine left is taken over, and so is that of another machine, of which nothing can be known.
 */
export class RunLock {
  private constructor(private readonly file: string) {}

  /** Throws RUN_IN_USE when a process that runs holds the folder. */
  static async take(folder: string): Promise<RunLock> {
    const file = path.resolve(folder, 'lock.json');
    const holder = await readHolder(file);
    if (held.has(file) || (holder && holder.pid !== process.pid && holder.host === hostname() && runs(holder.pid))) {
      throw new AutoencoderError(
        'RUN_IN_USE',
        `${folder}: expected a run that nobody trains, received one that process ${holder?.pid ?? process.pid} trains; ` +
          `stop that process first (or remove ${file}, if it is no training).`,
      );
    }
    held.add(file);
    try {
      await writeFile(file, `${JSON.stringify({ pid: process.pid, host: hostname() } satisfies Holder)}\n`);
    } catch (error) {
      held.delete(file);
      throw error;
    }
    return new RunLock(file);
  }

  async release(): Promise<void> {
    if (held.delete(this.file)) await rm(this.file, { force: true });
  }
}

async function readHolder(file: string): Promise<Holder | undefined> {
  try {
    return JSON.parse(await readFile(file, 'utf8'));
  } catch {
    // None, or one that a killed process left half written.
    return undefined;
  }
}

function runs(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
