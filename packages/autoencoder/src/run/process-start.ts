import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import process from 'node:process';

/**
 * Returns when a process started, as text to compare: processes that have the same number at different times differ in it. 'ended' for one
 * that has ended but whose parent has not yet noticed; undefined if the system does not say.
 */
export async function startOf(pid: number): Promise<string | undefined> {
  if (process.platform === 'linux') return startOnLinux(pid);
  if (process.platform === 'win32') return undefined;
  const args = ['-o', 'lstart=', '-p', String(pid)];
  return new Promise((resolve) => {
    execFile('ps', args, { timeout: 2000 }, (error, printed) =>
      resolve(error ? undefined : printed.trim() || undefined),
    );
  });
}

async function startOnLinux(pid: number): Promise<string | undefined> {
  try {
    const text = await readFile(`/proc/${pid}/stat`, 'utf8');
    // The second field is the name, in parentheses that may occur in the name as well; proc(5) counts the state as the third.
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    if (fields[0] === 'Z' || fields[0] === 'X') return 'ended';
    const boot = await readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => '');
    return `${boot.trim()} ${fields[22 - 3]}`;
  } catch {
    return undefined;
  }
}
