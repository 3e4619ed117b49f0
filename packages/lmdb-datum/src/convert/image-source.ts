/** Finds the images in anything that contains them. Readers of archives are loaded only if there is an archive. */
import fs from 'node:fs';
import path from 'node:path';
import * as images from '@ae/images/files';
import { NotReadableError } from '../errors/errors';
import type { ImageList } from './image-file';

/** Images, and the files that are open for them. */
export interface ImageSource extends ImageList {
  close(): void;
}

/**
 * Lists the images of a folder, or of anything that `openImageSource` of @ae/images accepts. Files that must be unpacked go into the folder
 * of `output`.
 *
 * @throws NotReadableError, or the signal's reason
 */
export async function openImages(
  input: string | readonly string[],
  output: string,
  signal?: AbortSignal,
): Promise<ImageSource> {
  const inputs = typeof input === 'string' ? [input] : input;
  try {
    const [folder] = inputs;
    if (inputs.length === 1 && fs.statSync(folder, { throwIfNoEntry: false })?.isDirectory()) {
      const list = images.listImageFolder(folder);
      // Missing images may be in archives.
      if (list.images.length > 0 || !list.ignored.some(images.hasArchiveExtension)) return { ...list, close() {} };
    }
    const { openImageSource } = await import('@ae/images/archives');
    return await openImageSource(inputs, { unpackIn: folderThatIsThere(path.dirname(path.resolve(output))), signal });
  } catch (cause) {
    throw ownError(cause);
  }
}

function folderThatIsThere(folder: string): string {
  return fs.existsSync(folder) || path.dirname(folder) === folder ? folder : folderThatIsThere(path.dirname(folder));
}

/** The same class may exist in two modules. */
function ownError(cause: unknown): unknown {
  const { code, state, sentence, todo, path } = cause as Partial<images.NotReadableError>;
  if (code !== 'NOT_READABLE' || sentence === undefined) return cause;
  return new NotReadableError({ state: state ?? sentence.replace(/\.$/, ''), todo }, { path, cause });
}
