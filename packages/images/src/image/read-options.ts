/** How files become images of programs. */

import type { DecodeImageOptions } from '../codecs/decode-options';
import { refused } from '../errors';
import { checkKeys, colorOf } from '../pixels/checks';
import { defaultMaxPixels } from '../pixels/limits';
import type { RgbColor } from '../pixels/pixels';
import { checkResize, type SizedResize } from '../resize/options';
import type { Resize } from '../resize/plan';

/** How `readImage` and `imageFolder` make images of files. */
export interface ReadImageOptions {
  /** 3 makes color of gray, 1 gray of color, 4 adds alpha. Default: as the file is. */
  readonly channels?: 1 | 3 | 4;
  /** Resize, with `width` and `height`. Default: the size of the file. */
  readonly resize?: SizedResize;
  /** Color behind transparent pixels, as '#rrggbb', if `channels` is 1 or 3. Default: alpha is dropped. */
  readonly background?: string;
  /** Refuse images of more pixels. Default 89,478,485, from where Pillow warns of a bomb. */
  readonly maxPixels?: number;
}

/** The same, checked. */
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
  if (!Number.isSafeInteger(maxPixels) || maxPixels < 1) {
    throw refused('maxPixels', 'a whole number of at least 1', maxPixels);
  }
  return {
    channels,
    maxPixels,
    ...(resize !== undefined && { resize: checkResize('resize', resize) }),
    ...(background !== undefined && { background: colorOf('background', background) }),
  };
}

/** What the decoder is to do. */
export function decodeOptionsOf({ channels, background, maxPixels }: ReadPlan, name?: string): DecodeImageOptions {
  const mode = channels === 1 ? 'gray' : channels === 3 ? 'color' : 'stored';
  return { mode, orient: true, background, maxPixels, ...(name !== undefined && { name }) };
}
