/** Finds the files that match a pattern. */
import fs from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { withSlashes } from './patterns';

/**
 * Returns the files that match a pattern, in byte order of their names. Links are followed, but not back into a folder that they are in.
 *
 * @param expandDirectories Whether a folder that matches stands for all files in it.
 */
export function filesMatching(pattern: string, expandDirectories: boolean): string[] {
  // Loaded only if there is a pattern.
  const { globSync } = createRequire(import.meta.url)('tinyglobby') as typeof import('tinyglobby');
  const found = globSync(withSlashes(pattern), { onlyFiles: true, expandDirectories });
  const isLoop = loops();
  return found
    .filter((name) => !isLoop(path.dirname(name)))
    .sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
}

/** Returns a function that tells whether a folder is reached through a link to a folder above the link. */
function loops(): (folder: string) => boolean {
  const known = new Map<string, ReadonlySet<string> | undefined>();
  /** The folders on the way to one, undefined if one of them occurs twice. */
  const wayTo = (folder: string): ReadonlySet<string> | undefined => {
    if (known.has(folder)) return known.get(folder);
    const parent = path.dirname(folder);
    const above = parent === folder ? new Set<string>() : wayTo(parent);
    // A name that is not UTF-8 is not that of the folder any more.
    const real = fs.existsSync(folder) ? fs.realpathSync(folder) : folder;
    const way = above && !above.has(real) ? new Set([...above, real]) : undefined;
    known.set(folder, way);
    return way;
  };
  return (folder) => wayTo(path.resolve(folder)) === undefined;
}
