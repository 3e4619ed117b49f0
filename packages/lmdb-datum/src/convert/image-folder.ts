/** Images and labels from a folder, as @ae/images lists them. */
import * as images from '@ae/images/files';
import { NotReadableError } from '../errors';
import type { ImageList } from './image-file';

/** Lists the images of a folder; see there. @throws NotReadableError */
export function listImageFolder(folder: string): ImageList {
  try {
    return images.listImageFolder(folder);
  } catch (cause) {
    if (!(cause instanceof images.NotReadableError)) throw cause;
    const { state = cause.sentence, todo, path } = cause;
    throw new NotReadableError({ state, todo }, { path, cause });
  }
}
