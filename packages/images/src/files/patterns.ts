/** Names that stand for several files: photos/**\/*.jpg, shards-{000..123}.tar. */
import fs from 'node:fs';

const special = /[*?[{]|[!@+]\(/;

/** Tells whether a part of a name stands for several. */
export function isSpecial(part: string): boolean {
  return special.test(part);
}

/** Tells whether a name is a pattern, rather than that of something that is there. */
export function isPattern(name: string): boolean {
  return isSpecial(name) && !fs.existsSync(name);
}

/** Returns the folder that a pattern begins with; undefined for what is none. */
export function folderOfPattern(name: string): string | undefined {
  if (!isPattern(name)) return undefined;
  const parts = name.split('/');
  const plain = parts.slice(
    0,
    parts.findIndex((part) => isSpecial(part)),
  );
  return plain.join('/') || (name.startsWith('/') ? '/' : '.');
}
