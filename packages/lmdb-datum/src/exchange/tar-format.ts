/** WebDataset shards: the image of each record, its label and a note as JSON, with the same base name. */
import { formatOf, kindOfImage } from '@ae/images/kind';
import { keyText } from '../lmdb/scan';
import { noteOf } from './note';
import type { FileFormat } from './shards';

export async function tarFormat(fd: number): Promise<FileFormat> {
  const { TarWriter } = await import('@ae/images/archives');
  const tar = new TarWriter(fd);
  let count = 0;
  let last = '';
  return {
    get bytes() {
      return tar.bytes;
    },
    add(record) {
      const plain = sampleName(record.key, count);
      const name = plain === last ? numbered(plain, count) : plain;
      last = name;
      count++;
      if (record.file) tar.add(`${name}.${endingOf(record.file)}`, record.file);
      if (record.label !== undefined) tar.add(`${name}.cls`, Buffer.from(String(record.label)));
      tar.add(`${name}.json`, Buffer.from(JSON.stringify(noteOf(record))));
    },
    finish: () => tar.finish(),
  };
}

function numbered(name: string, count: number): string {
  return `${name}-${String(count).padStart(8, '0')}`;
}

/** The usual extension of its kind. */
function endingOf(file: Uint8Array): string {
  const kind = kindOfImage(file);
  return kind ? formatOf(kind).extensions[0] : 'bin';
}

/** Converts a key to a valid WebDataset name: without its extension and other dots, because a name ends at the first one. */
function sampleName(key: Uint8Array, count: number): string {
  const text = keyText(key);
  const stem = text.replace(/\.[a-z]{3,5}$/i, '');
  const clean = stem
    .split('/')
    .map((part) => part.replace(/[^\p{L}\p{N} _()+,=@#-]/gu, '_'))
    .filter((part) => part !== '')
    .join('/');
  return clean === stem && clean !== '' ? clean : numbered(clean || 'record', count);
}
