import type { RgbColor } from '../pixels/pixels';

/** How an image file becomes pixels. */
export interface DecodeImageOptions {
  /** 'stored' keeps gray, color and alpha as they are; 'color' gives 3 channels; 'gray' gives 1. Default 'stored'. */
  mode?: 'stored' | 'color' | 'gray';
  /** Turn the image as its EXIF orientation says. Default false: Caffe doesn't when it decodes a Datum. */
  orient?: boolean;
  /** Put this color behind transparent pixels, in modes 'color' and 'gray'. Default: alpha is cut off. */
  background?: RgbColor;
  /** Names the record or file in errors. Default 'image'. */
  name?: string;
  /** Refuse images of more pixels. Default 89,478,485, from where Pillow warns of a bomb. */
  maxPixels?: number;
  /** The caller has taken the memory for it from the budget. */
  isAccounted?: boolean;
}
