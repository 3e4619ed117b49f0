/** Options for reading files as images. */

import type { DecodeImageOptions } from '../codecs/decode-options';
import { refused } from '../errors';
import { checkKeys, checkWhole, colorOf } from '../pixels/checks';
import { defaultMaxPixels } from '../pixels/limits';
import type { RgbColor } from '../pixels/pixels';
import { checkResize, type SizedResize } from '../resize/options';
import type { Resize } from '../resize/plan';

/** How `readImage` and `imageFolder` convert files to images. */
export interface ReadImageOptions {
  /** 3 converts gray to color, 1 converts color to gray, 4 adds alpha. Default: as in the file. */
  readonly channels?: 1 | 3 | 4;
  /** Resize to this size, with `width` and `height`. Default: the size of the file. */
  readonly resize?: SizedResize;
  /** Color behind transparent pixels, as '#rrggbb', if `channels` is 1 or 3. Default: alpha is dropped. */
  readonly background?: string;
  /** Refuse images with more pixels. Default 89,478,485, the limit from which Pillow warns of a decompression bomb. */
  readonly maxPixels?: number;
}

/** The same options, checked. */
export interface ReadPlan {
  readonly channels?: 1 | 3 | 4;
  readonly resize?: Resize;
  readonly background?: RgbColor;
  readonly maxPixels: number;
}

export const readKeys = ['channels', 'resize', 'background', 'maxPixels'];

/** @throws InvalidOptionError INVALID_OPTION */
export function checkReadOptions(
  where: string,
  options: ReadImageOptions,
  known: readonly string[] = readKeys,
): ReadPlan {
  checkKeys(where, options, known);
  const { channels, resize, background, maxPixels = defaultMaxPixels } = options;
  if (channels !== undefined && ![1, 3, 4].includes(channels)) throw refused('channels', '1, 3 or 4', channels);
  checkWhole('maxPixels', maxPixels);
  return {
    channels,
    maxPixels,
    ...(resize !== undefined && { resize: checkResize('resize', resize) }),
    ...(background !== undefined && { background: colorOf('background', background) }),
  };
}

/** Options for the decoder. */
export function decodeOptionsOf({ channels, background, maxPixels }: ReadPlan, name?: string): DecodeImageOptions {
  const mode = channels === 1 ? 'gray' : channels === 3 ? 'color' : 'stored';
  return { mode, orient: true, background, maxPixels, ...(name !== undefined && { name }) };
}
