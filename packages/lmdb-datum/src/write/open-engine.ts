/** What a writer needs from a database before it writes: the lock, and an engine that can write to it. */
import { OutputExistsError } from '../errors/errors';
import { LockedError, takeLock } from '../files/lock-file';
import { AppendEngine } from './append-engine';
import type { WriteEngine } from './engine';
import { lmdbUse } from './lmdb-use';
import { NativeEngine } from './native-engine';
import { loadLmdb, writeError } from './native-lmdb';
import { type WriteTarget, writerLockOf } from './target';

/** Locks a database. Returns a function that unlocks it. @throws OutputExistsError if another writer has the database open, WriteError */
export function lockTarget(target: WriteTarget): () => void {
  try {
    return takeLock(writerLockOf(target));
  } catch (cause) {
    const { location } = target;
    if (cause instanceof LockedError) throw new OutputExistsError(`${location}: ${cause.message}.`, { path: location });
    throw writeError(location, cause);
  }
}

/** Opens a database to append to. If another program has it open with LMDB, only LMDB knows what must not be touched. */
export function openEngine(target: WriteTarget): WriteEngine {
  const { location, lockFile } = target;
  if (lmdbUse(lockFile) === 'open') return new NativeEngine(loadLmdb(`${location} is open in another program`), target);
  const need = `${location} uses its own key order`;
  return AppendEngine.open(target) ?? new NativeEngine(loadLmdb(need), target);
}
