/** Reads the bytes of images named by a path or an address. */
import { fileURLToPath } from 'node:url';
import { NotReadableError } from '../errors';
import { kindOfImage } from '../kind/kind';
import { kindOfArchive } from './archive-kind';
import { fetchBytes, isAddress } from './fetch-bytes';
import { type FilePath, NotOrdinaryError, pathText, readRegularFile, sayOf } from './regular-file';

/** Reads a file, or fetches an address. @throws NotReadableError NOT_READABLE */
export async function readBytes(place: FilePath | URL, mostBytes: number): Promise<Uint8Array> {
  const isFile = typeof place === 'string' ? !isAddress(place) : !(place instanceof URL) || place.protocol === 'file:';
  if (!isFile) return fetchBytes(String(place), mostBytes);
  const isFileUrl = typeof place === 'string' && /^file:\/\//i.test(place);
  const path = place instanceof URL || isFileUrl ? fileURLToPath(place as string | URL) : (place as FilePath);
  let bytes: Uint8Array;
  try {
    bytes = readRegularFile(path, mostBytes);
  } catch (cause) {
    const isFolder = cause instanceof NotOrdinaryError && cause.message === 'is a folder';
    const todo = isFolder
      ? `use imageFolder(${JSON.stringify(pathText(path))}) for the images in it`
      : 'name an image file';
    throw new NotReadableError({ state: `${pathText(path)} ${sayOf(cause)}`, todo }, { cause });
  }
  if (kindOfImage(bytes) === undefined && kindOfArchive(bytes) !== undefined) {
    const todo = `use openImages(${JSON.stringify(pathText(path))}) for the images in it`;
    throw new NotReadableError({ state: `${pathText(path)} is an archive, not an image`, todo });
  }
  return bytes;
}
