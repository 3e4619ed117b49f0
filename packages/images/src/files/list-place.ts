/** Lists the images at a path: in a folder, by a pattern, or a single file. */
import fs from 'node:fs';
import path from 'node:path';
import { NotReadableError } from '../errors';
import { hasImageExtension } from '../kind/kind';
import { hasArchiveExtension } from './archive-kind';
import { filesMatching } from './glob';
import { listImageFolder } from './image-folder';
import type { FolderList } from './image-tree';

/** The images at a path; those found by a pattern have no labels. */
export type PlaceList = Pick<FolderList, 'classes' | 'warnings'> & {
  readonly images: readonly (Omit<FolderList['images'][number], 'label'> & { readonly label?: number })[];
};

/**
 * Lists the images of a folder (see `listImageFolder`), those that match a pattern such as `photos/**\/*.jpg`, in byte order of their
 * names, or a single file.
 *
 * @throws NotReadableError NOT_READABLE if there are none
 */
export function listPlace(place: string): PlaceList {
  const found = fs.statSync(place, { throwIfNoEntry: false });
  if (!found && /[*?[{!(]/.test(place)) return listPattern(place);
  if (found && !found.isDirectory() && hasImageExtension(place)) {
    return { images: [{ name: path.basename(place), path: place }], warnings: [] };
  }
  if (found?.isFile() && hasArchiveExtension(place)) {
    const todo = `await openImages(${JSON.stringify(place)}) reads it`;
    throw new NotReadableError({ state: `${place} is an archive, not a folder of images`, todo }, { path: place });
  }
  if (isLmdb(place)) {
    const todo = `openDatumLmdb(${JSON.stringify(place)}) of @ae/lmdb-datum reads it`;
    throw new NotReadableError({ state: `${place} is an LMDB, not a folder of images`, todo }, { path: place });
  }
  const list = listImageFolder(place);
  if (list.images.length > 0) return list;
  const others = list.ignored.length > 0 ? `, only ${list.ignored.slice(0, 3).join(', ')}` : '';
  throw new NotReadableError({ state: `${place} contains no images${others}` }, { path: place });
}

function listPattern(pattern: string): PlaceList {
  const names = filesMatching(pattern, true).filter(hasImageExtension);
  if (names.length === 0) throw new NotReadableError({ state: `${pattern} matches no images` }, { path: pattern });
  return { images: names.map((name) => ({ name, path: name })), warnings: [] };
}

function isLmdb(place: string): boolean {
  return path.basename(place) === 'data.mdb' || fs.existsSync(path.join(place, 'data.mdb'));
}
