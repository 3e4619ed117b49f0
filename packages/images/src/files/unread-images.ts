/** Images that are recognized but not decoded. */
import { nameUnreadImage } from '../kind/kind';

/** By extension. */
const unread: readonly (readonly [name: string, extensions: readonly string[]])[] = [
  ['HEIC', ['heic', 'heif', 'hif']],
  ['RAW', ['cr2', 'cr3', 'nef', 'arw', 'dng', 'orf', 'rw2', 'raf', 'pef', 'srw']],
  ['SVG', ['svg']],
  ['JPEG XL', ['jxl']],
  ['JPEG 2000', ['jp2', 'j2k']],
  ['Photoshop', ['psd']],
  ['Netpbm', ['ppm', 'pgm', 'pbm', 'pnm']],
  ['OpenEXR', ['exr']],
  ['Targa', ['tga']],
  ['icon', ['ico', 'icns']],
];

const convertFirst = 'convert it to JPEG or PNG first';

/**
 * Describes an image file that is not decoded, and says what to do, by its first bytes or its extension: the TIFFs inside RAW photographs
 * show only thumbnails. Returns undefined for any other file.
 */
export function describeUnreadImage(
  head: Uint8Array,
  file = '',
): { readonly what: string; readonly todo: string } | undefined {
  const what = nameUnreadImage(head) ?? (nameByEnding(file) === 'RAW' ? 'a RAW photograph' : undefined);
  return what === undefined ? undefined : { what, todo: convertFirst };
}

function nameByEnding(file: string): string | undefined {
  const extension = /\.([^./]+)$/.exec(file)?.[1].toLowerCase() ?? '';
  return unread.find(([, extensions]) => extensions.includes(extension))?.[0];
}

/** Says how many of the skipped files are images anyway, and what to do; undefined if there are none. */
export function sayUnreadImages(names: readonly string[]): string | undefined {
  const counts = new Map<string, number>();
  for (const file of names) {
    const name = nameByEnding(file);
    if (name !== undefined) counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  if (counts.size === 0) return undefined;
  const [last, ...others] = [...counts].map(([name, count]) => `${count} ${name}`).reverse();
  const list = others.length > 0 ? `${others.reverse().join(', ')} and ${last}` : last;
  const isOne = counts.size === 1 && [...counts.values()][0] === 1;
  return isOne
    ? `${list} file is an image in an unsupported format; ${convertFirst}`
    : `${list} files are images in unsupported formats; convert them to JPEG or PNG first`;
}
