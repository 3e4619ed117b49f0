import { refused } from '../errors';
import { checkKeys, checkWhole, checkWord } from '../pixels/checks';
import type { RgbColor } from '../pixels/pixels';

/** How an image file is converted to pixels. */
export interface DecodeImageOptions {
  /** 'stored' keeps gray, color and alpha unchanged; 'color' returns 3 channels; 'gray' returns 1. Default 'stored'. */
  mode?: 'stored' | 'color' | 'gray';
  /** Rotate the image as its EXIF orientation says. Default false, because Caffe does not when it decodes a Datum. */
  orient?: boolean;
  /** Put this color behind transparent pixels, in modes 'color' and 'gray'. Default: alpha is dropped. */
  background?: RgbColor;
  /** Names the record or file in errors. Default 'image'. */
  name?: string;
  /** Refuse images with more pixels. Default 89,478,485, the limit from which Pillow warns of a decompression bomb. */
  maxPixels?: number;
  /** The caller has already reserved the memory from the budget. */
  isAccounted?: boolean;
}

const modes = ['stored', 'color', 'gray'];
const keys = ['mode', 'orient', 'background', 'name', 'maxPixels', 'isAccounted'];

/** @throws InvalidOptionError INVALID_OPTION */
export function checkDecodeOptions(where: string, options: DecodeImageOptions): void {
  checkKeys(where, options, keys);
  const { mode, background, name, maxPixels } = options;
  if (mode !== undefined) checkWord('mode', mode, modes);
  if (maxPixels !== undefined) checkWhole('maxPixels', maxPixels);
  if (name !== undefined && typeof name !== 'string') throw refused('name', 'text', name);
  if (background !== undefined && !isColor(background)) throw refused('background', '[red, green, blue]', background);
}

function isColor(value: unknown): boolean {
  return Array.isArray(value) && value.length === 3 && value.every((part) => part >= 0 && part <= 255);
}
