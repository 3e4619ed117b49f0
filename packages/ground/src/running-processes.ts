/** Tells processes of this machine apart, and whether they are running. */
import fs from 'node:fs';
import { createRequire } from 'node:module';
import process from 'node:process';

/** A process of this machine. */
export interface RunningProcess {
  readonly pid: number;
  /** When it was started, because another process may have its number by now; not available on every system. */
  readonly started?: string;
}

/**
 * Returns when a process started, as text to compare: processes that have the same number at different times differ in it. 'ended' for one
 * that has ended but whose parent has not yet noticed; undefined if the system does not say.
 */
export function startOf(pid: number): string | undefined {
  if (process.platform === 'linux') return startOnLinux(pid);
  if (process.platform === 'win32') return undefined;
  // Not imported: it takes as long to load as the rest of a short program, and Linux has no use for it.
  const { spawnSync }: typeof import('node:child_process') = createRequire('/')('node:child_process');
  const { status, stdout } = spawnSync('ps', ['-o', 'lstart=', '-p', String(pid)], { timeout: 2000, encoding: 'utf8' });
  return (status === 0 && stdout.trim()) || undefined;
}

function startOnLinux(pid: number): string | undefined {
  try {
    const text = fs.readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The second field is the name, in parentheses that may occur in the name as well; proc(5) counts the state as the third.
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    if (fields[0] === 'Z' || fields[0] === 'X') return 'ended';
    return `${bootId()} ${fields[22 - 3]}`;
  } catch {
    return undefined;
  }
}

function bootId(): string {
  try {
    return fs.readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  } catch {
    return '';
  }
}

/** Tells whether a process is still running: the same one, not another with its number. */
export function isRunning({ pid, started }: RunningProcess): boolean {
  if (!exists(pid)) return false;
  const now = startOf(pid);
  return now !== 'ended' && (started === undefined || now === undefined || started === now);
}

function exists(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
