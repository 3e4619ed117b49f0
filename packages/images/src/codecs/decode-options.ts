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
