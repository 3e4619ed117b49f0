/**
 * What classes are called if a database has no labels.txt: it has numbers for labels, but the keys of images that came from class folders
 * begin with these.
 */

/** Returns the folder that all images of a class were in, by label; classes whose keys tell none of their own are left out. */
export function classNames(images: readonly { readonly key?: string; readonly label?: number }[]): Map<number, string> {
  const folders = new Map<number, Set<string | undefined>>();
  for (const { key = '', label } of images) {
    if (label === undefined) continue;
    const known = folders.get(label) ?? new Set();
    folders.set(label, known.add(/^(?:\d{8,}_)?(.+)\/[^/]*$/.exec(key)?.[1]));
  }
  const names = new Map<number, string>();
  for (const [label, [name, ...others]] of folders)
    if (name !== undefined && others.length === 0) names.set(label, name);
  // A folder of all images says nothing of a class.
  return new Set(names.values()).size === names.size ? names : new Map();
}
