/** Image files on a disk: lists the images of a folder, and opens files without blocking. Loads no decoder. */
export { NotReadableError } from '../errors';
export {
  type ArchiveKind,
  adviseOn,
  archiveHeadBytes,
  describeKnown,
  describeOther,
  hasArchiveExtension,
  kindOfArchive,
  type OtherFile,
  withoutArchiveExtension,
} from '../files/archive-kind';
export { listImageFolder } from '../files/image-folder';
export { type FolderImage, type FolderList, nameFew } from '../files/image-tree';
export { type PackedFile, readPackedFile, readPackedStart } from '../files/packed-file';
export { isPattern } from '../files/patterns';
export { RecordNames } from '../files/record-names';
export {
  assertSize,
  type FileKind,
  type FilePath,
  kindOf,
  NotOrdinaryError,
  openRegularFile,
  ordinaryBytes,
  pathText,
  readRegularFile,
  readRest,
  sayOf,
  withOpenFile,
  withRegularFile,
} from '../files/regular-file';
export { describeUnreadImage, sayUnreadImages } from '../files/unread-images';
