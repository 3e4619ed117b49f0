/** Finds the images in whatever holds them. */
import fs from 'node:fs';
import path from 'node:path';
import { kindOfImage } from '@ae/images/kind';
import { NotReadableError } from '../errors';
import { sayOf, withRegularFile } from '../files/regular-file';
import type { ImageList } from './image-file';
import { listImageFolder } from './image-folder';

const headBytes = 64;

/** Lists the images of a folder, or the one image that a file is. @throws NotReadableError */
export function listImages(input: string): ImageList {
  if (fs.statSync(input, { throwIfNoEntry: false })?.isDirectory() ?? true) return listImageFolder(input);
  const head = Buffer.alloc(headBytes);
  try {
    withRegularFile(input, (fd) => fs.readSync(fd, head, 0, headBytes, 0));
  } catch (cause) {
    throw new NotReadableError({ state: `${input} ${sayOf(cause)}`, todo: 'check the path' }, { path: input, cause });
  }
  if (kindOfImage(head)) {
    return { images: [{ name: path.basename(input), path: input, label: 0 }], ignored: [], warnings: [] };
  }
  throw new NotReadableError(
    {
      state: `${input} is no image, and nothing that holds images`,
      todo: 'give a folder of images, or a list of them',
    },
    { path: input },
  );
}
