/**
 * BasicSR's meta_info.txt, which is beside data.mdb: one line per image, `name.png (height,width,channels) compression`. The names without
 * their extensions are the keys.
 */
import fs from 'node:fs';
import path from 'node:path';
import { readImageSize, readPngHeader } from '@ae/images/kind';
import { describe } from '../errors/errors';
import type { Damage } from '../lmdb/salvage';

const fileName = 'meta_info.txt';
const linePattern = /^(.+?)(?:\.\w+)? \((\d+), ?(\d+)(?:, ?(\d+))?\)(?: \d+)?$/;
/** Larger than a file for tens of millions of images. */
const mostBytes = 1 << 30;

/** The contents of a database's meta_info.txt. */
export interface DatabaseMetaInfo {
  readonly path: string;
  /** Number of images that it lists. */
  readonly images: number;
}

interface ListedImage {
  readonly height: number;
  readonly width: number;
  readonly channels?: number;
}

export class MetaInfo {
  readonly path: string;
  readonly #images = new Map<string, ListedImage>();
  readonly #unseen = new Set<string>();
  readonly #strangeLines: { readonly line: number; readonly text: string }[] = [];

  private constructor(file: string, text: string) {
    this.path = file;
    const lines = text.replace(/^\uFEFF/, '').split(/\r?\n/);
    for (const [i, line] of lines.entries()) {
      const [, name, height, width, channels] = linePattern.exec(line) ?? [];
      if (name !== undefined) {
        const image = { height: Number(height), width: Number(width) };
        this.#images.set(name, channels === undefined ? image : { ...image, channels: Number(channels) });
        this.#unseen.add(name);
      } else if (line.trim() !== '') this.#strangeLines.push({ line: i + 1, text: line });
    }
  }

  /** Reads the file beside a data file. Returns undefined if there is none, or if a file with that name has other contents. */
  static beside(dataFile: string): MetaInfo | undefined {
    const file = path.join(path.dirname(dataFile), fileName);
    const stats = path.basename(dataFile) === 'data.mdb' ? fs.statSync(file, { throwIfNoEntry: false }) : undefined;
    if (!stats?.isFile() || stats.size > mostBytes) return undefined;
    const found = new MetaInfo(file, fs.readFileSync(file, 'utf8'));
    return found.#images.size > 0 ? found : undefined;
  }

  get said(): DatabaseMetaInfo {
    return { path: this.path, images: this.#images.size };
  }

  /** Compares an image with its line. Returns what is wrong. */
  check(key: string, file: Uint8Array): string | undefined {
    // Other programs than BasicSR keep the extensions in the keys.
    const name = this.#images.has(key) ? key : key.replace(/\.\w+$/, '');
    this.#unseen.delete(name);
    const listed = this.#images.get(name);
    if (!listed) return `key ${key}: expected a line of ${fileName} that names the image, found none.`;
    const size = readImageSize(file);
    // What its first bytes do not say is not compared.
    if (!size || size.height === 0) return undefined;
    const channels = size.kind === 'png' ? readPngHeader(file)?.channels : undefined;
    const isAlike =
      size.height === listed.height &&
      size.width === listed.width &&
      (channels === undefined || listed.channels === undefined || channels === listed.channels);
    if (isAlike) return undefined;
    const found = textOf({ ...size, channels: channels ?? listed.channels });
    return `key ${key}: expected ${textOf(listed)}, as ${fileName} says (height, width, channels), received ${found}.`;
  }

  /** Lists what is wrong after all images have been compared. */
  get damage(): Damage[] {
    const missing = [...this.#unseen].map((key) => ({
      key,
      message: `key ${key}: expected an image, which ${fileName} lists, found none.`,
    }));
    const strange = this.#strangeLines.map(({ line, text }) => ({
      message: `${this.path}, line ${line}: expected name.png (height,width,channels) compression, received ${describe(text)}.`,
    }));
    return [...strange, ...missing];
  }
}

function textOf({ height, width, channels }: ListedImage): string {
  return `(${[height, width, channels].filter((each) => each !== undefined).join(',')})`;
}
