/** Images that no decoder here reads, known by the endings of their names. */

const unread: readonly (readonly [name: string, extensions: readonly string[]])[] = [
  ['HEIC', ['heic', 'heif', 'hif']],
  ['RAW', ['cr2', 'cr3', 'nef', 'arw', 'dng', 'orf', 'rw2', 'raf', 'pef', 'srw']],
  ['SVG', ['svg']],
  ['JPEG XL', ['jxl']],
  ['JPEG 2000', ['jp2', 'j2k']],
  ['Photoshop', ['psd']],
];

/** Says how many of the files that were passed over are images all the same, and what to do; undefined where none is. */
export function sayUnreadImages(names: readonly string[]): string | undefined {
  const counts = new Map<string, number>();
  for (const file of names) {
    const extension = /\.([^./]+)$/.exec(file)?.[1].toLowerCase() ?? '';
    const name = unread.find(([, extensions]) => extensions.includes(extension))?.[0];
    if (name !== undefined) counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  if (counts.size === 0) return undefined;
  const [last, ...others] = [...counts].map(([name, count]) => `${count} ${name}`).reverse();
  const list = others.length > 0 ? `${others.reverse().join(', ')} and ${last}` : last;
  const isOne = counts.size === 1 && [...counts.values()][0] === 1;
  return isOne
    ? `${list} file is an image of a kind that is not read; convert it to JPEG or PNG first`
    : `${list} files are images of kinds that are not read; convert them to JPEG or PNG first`;
}
