/** Image files on a disk: the images of a folder, and files that are opened without waiting for them. Loads no decoder. */
export { NotReadableError } from './errors';
export { type FolderImage, type FolderList, listImageFolder, nameFew } from './files/image-folder';
export {
  assertSize,
  type FilePath,
  kindOf,
  NotOrdinaryError,
  openRegularFile,
  pathText,
  readRegularFile,
  readRest,
  sayOf,
  withRegularFile,
} from './files/regular-file';
