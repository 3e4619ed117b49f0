/** Names that stand for several files: photos/**\/*.jpg, shards-{000..123}.tar. */
import fs from 'node:fs';
import path from 'node:path';

const special = /[*?[{]|[!@+]\(/;

/** Tells whether a part of a name is a pattern. */
export function isSpecial(part: string): boolean {
  return special.test(part);
}

/** Tells whether a name is a pattern rather than an existing file or folder. */
export function isPattern(name: string): boolean {
  return isSpecial(name) && !fs.existsSync(name);
}

/** Converts a pattern to a glob. On Windows `\\` separates folders, elsewhere it escapes the next character. */
export function withSlashes(pattern: string, separator = path.sep): string {
  return separator === '\\' ? pattern.replaceAll('\\', '/') : pattern;
}

/** Returns the folder that a pattern begins with; undefined if it is not a pattern. */
export function folderOfPattern(name: string, separator = path.sep): string | undefined {
  if (!isPattern(name)) return undefined;
  const parts = withSlashes(name, separator).split('/');
  const plain = parts.slice(
    0,
    parts.findIndex((part) => isSpecial(part)),
  );
  return plain.join('/') || (name.startsWith('/') ? '/' : '.');
}

/** The style of paths: that of this system, or of another one. */
type Paths = Pick<path.PlatformPath, 'dirname' | 'relative' | 'isAbsolute' | 'resolve'>;

/** Returns the folder that files have in common; undefined if they are on several Windows drives. */
export function commonFolder(files: readonly string[], paths: Paths = path): string | undefined {
  const isWithin = (folder: string) =>
    files.every((file) => {
      const way = paths.relative(folder, file);
      return !/^\.\.([/\\]|$)/.test(way) && !paths.isAbsolute(way);
    });
  for (const first of [files[0], paths.resolve(files[0])]) {
    let last = first;
    for (let folder = paths.dirname(first); folder !== last; folder = paths.dirname(folder)) {
      if (isWithin(folder)) return folder;
      last = folder;
    }
  }
  return undefined;
}
