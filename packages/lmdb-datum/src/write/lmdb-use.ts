/** Tells whether programs that use LMDB itself have a database open. They hold locks on its lock file, which Linux lists. */
import fs from 'node:fs';

/** 'unknown' if there is a lock file, and the system does not say who holds it. */
export type LmdbUse = 'none' | 'open' | 'unknown';

export function lmdbUse(lockFile: string, locksFile = '/proc/locks'): LmdbUse {
  const stats = fs.statSync(lockFile, { throwIfNoEntry: false });
  if (!stats) return 'none';
  let locks: string;
  try {
    locks = fs.readFileSync(locksFile, 'utf8');
  } catch {
    return 'unknown';
  }
  // 1: POSIX  ADVISORY  READ 1234 08:01:3408548 0 0
  const isLocked = locks.split('\n').some((line) => line.includes(' POSIX ') && line.includes(`:${stats.ino} `));
  return isLocked ? 'open' : 'none';
}
