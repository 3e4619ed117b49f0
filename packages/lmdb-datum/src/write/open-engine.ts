/** What a writer takes of a database before it writes: the lock, and the engine that can write to it. */
import { OutputExistsError } from '../errors/errors';
import { LockedError, takeLock } from '../files/lock-file';
import { AppendEngine } from './append-engine';
import type { WriteEngine } from './engine';
import { lmdbUse } from './lmdb-use';
import { NativeEngine } from './native-engine';
import { loadLmdb, writeError } from './native-lmdb';
import { type WriteTarget, writerLockOf } from './target';

/** Takes the lock of a database. Returns what gives it back. @throws OutputExistsError if another writer has the database open, WriteError */
export function lockTarget(target: WriteTarget): () => void {
  try {
    return takeLock(writerLockOf(target));
  } catch (cause) {
    const { location } = target;
    if (cause instanceof LockedError) throw new OutputExistsError(`${location}: ${cause.message}.`, { path: location });
    throw writeError(location, cause);
  }
}

/** Opens a database to append to. Where a program has it open by LMDB, only LMDB can tell what it must not touch. */
export function openEngine(target: WriteTarget): WriteEngine {
  const { location, lockFile } = target;
  if (lmdbUse(lockFile) === 'open') return new NativeEngine(loadLmdb(`${location} is open in another program`), target);
  const need = `${location} uses its own key order`;
  return AppendEngine.open(target) ?? new NativeEngine(loadLmdb(need), target);
}
