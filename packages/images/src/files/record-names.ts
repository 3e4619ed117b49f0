/** Converts keys of records to file names: whatever a key contains, its file stays inside the folder. */
import path from 'node:path';
import { formatOf, hasImageExtension, type ImageKind } from '../kind/kind';

/** Space for a number and an extension within the 255 bytes that file systems allow. */
const maxNameBytes = 200;
/** Names of devices in Windows, with any extension. */
const reserved = /^(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[\d¹²³]) *(\.|$)/i;

/** Gives each record a unique file name, with `/` between folders. */
export class RecordNames {
  /** Used names, in lower case and normalized, as some file systems see them. */
  readonly #files = new Set<string>();
  readonly #folders = new Set<string>();
  readonly #by: 'key' | 'label';

  constructor(by: 'key' | 'label') {
    this.#by = by;
  }

  /** Returns the name for record `index`; never absolute, never with `..`, never one that was returned before. */
  nameOf({ index, key, label }: { index: number; key: string; label?: number }, kind: ImageKind): string {
    const parts = partsOf(key);
    if (this.#by === 'label') parts.splice(0, parts.length - 1, label === undefined ? 'unlabeled' : String(label));
    const last = parts.pop() ?? 'record';
    const number = String(index).padStart(8, '0');
    const { extensions } = formatOf(kind);
    const [type] = extensions;
    const isNamed = extensions.some((known) => last.toLowerCase().endsWith(`.${known}`));
    const stem = last.slice(0, last.length - endingOf(last).length) || 'record';
    const name = isNamed ? last : `${stem}.${type}`;
    const candidates = [[...parts, name], [...parts, `${stem}-${number}.${type}`], [`record-${number}.${type}`]];
    for (let more = 1; ; more++) {
      const candidate = candidates.shift() ?? [`record-${number}-${more}.${type}`];
      if (this.#take(candidate)) return candidate.join('/');
    }
  }

  /** Takes a name unless it is used, is a folder, or would need a folder where a file is. */
  #take(parts: readonly string[]): boolean {
    const paths = parts.map((_, i) =>
      parts
        .slice(0, i + 1)
        .join('/')
        .normalize()
        .toLowerCase(),
    );
    const file = paths.pop() as string;
    if (this.#files.has(file) || this.#folders.has(file) || paths.some((folder) => this.#files.has(folder)))
      return false;
    this.#files.add(file);
    for (const folder of paths) this.#folders.add(folder);
    return true;
  }
}

/** Splits a key at slashes, without convert_imageset's number in front and without parts that lead elsewhere. */
function partsOf(key: string): string[] {
  return key
    .replace(/^\d{8,}_/, '')
    .split(/[/\\]/)
    .map(cleanName)
    .filter((part) => part !== '');
}

/** Returns the extension of an image's name, with its dot; empty if it has none. */
function endingOf(name: string): string {
  return hasImageExtension(name) ? path.extname(name) : '';
}

/** Makes a name that every file system accepts; empty if it consists of dots only. */
function cleanName(part: string): string {
  const printable = [...part].map((char) =>
    /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\p{Bidi_Control}<>:"|?*]/u.test(char) ? '_' : char,
  );
  let name = printable
    .join('')
    .replace(/[. ]+$/, '')
    .trimStart();
  while (Buffer.byteLength(name) > maxNameBytes) {
    const ending = endingOf(name);
    name = `${[...name.slice(0, name.length - ending.length)].slice(0, -1).join('')}${ending}`;
  }
  return reserved.test(name) ? `_${name}` : name;
}
