/** Images as programs have them: whatever holds pixels, one or many, in memory or read when needed; and how a network takes them. */

import type { CanvasLike, Drawable, SharpRaw } from '@ae/images';
import { type ImageChannels, type ImageDataLike, kindOfPixels, RawImage, toInterleavedRgb } from '@ae/images';
import { checkKeys, invalidOption } from '../errors/errors';
import { checkOptions } from '../errors/option-kinds';
import { imageOptions } from './image-options';
import type { Sample, SampleSource } from './samples';

/** An image that is no planar sample: a RawImage of @ae/images, or anything that its `fromPixels` takes. */
export type Picture = RawImage | ImageDataLike | SharpRaw | CanvasLike | Drawable;

/** Images by index, such as the folder that `imageFolder` of @ae/images names. */
export interface ImageSource {
  readonly length: number;
  at(index: number): Picture | Sample | undefined | Promise<Picture | Sample | undefined>;
  identity?: SampleSource['identity'];
}

/** The images that methods take: one, an array, or a source. */
export type Images = Picture | Sample | readonly (Picture | Sample)[] | ImageSource | SampleSource;

/** How images are fitted to a network; planar samples are used unchanged. */
export interface ImageOptions {
  /** 'squash' ignores the aspect ratio, as `ae import` does, 'crop' cuts what sticks out, 'fill' adds black borders. Default 'squash'. */
  readonly fit?: 'squash' | 'crop' | 'fill';
  /** 'antialiased' averages all pixels, 'bilinear' looks at four, as cv::resize. Default 'antialiased'. */
  readonly resampler?: 'antialiased' | 'bilinear';
  /** Color behind transparent pixels, as '#rrggbb'. Default: alpha is dropped. */
  readonly background?: string;
  /**
   * Of a network that takes images of any size (`takesAnySize`): 'network' gives them the one of `inputShape`, 'own' leaves them theirs.
   * Default 'network', but 'own' for `reconstruct`.
   */
  readonly size?: 'network' | 'own';
  /** Bytes of fitted images that `train` keeps, so that later epochs do not decode them again. Default 512 MiB. */
  readonly cacheBytes?: number;
}

/** Tells whether a value is an image that is no planar sample. */
export function isPicture(value: unknown): value is Picture {
  const kind = kindOfPixels(value);
  return RawImage.isRawImage(value) || (kind !== undefined && kind !== 'marked');
}

/** Tells whether a value is one image, of either kind, and not several. */
export function isOneImage(value: unknown): value is Picture | Sample {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  return kindOfPixels(value) !== undefined || RawImage.isRawImage(value) || 'data' in value;
}

/** Throws INVALID_OPTION for options of images that there are not. */
export function checkImageOptions(options: ImageOptions): void {
  checkKeys('images', options, [...Object.keys(imageOptions), 'background']);
  const { background, ...others } = options;
  checkOptions('images', imageOptions, others);
  const isColor = typeof background === 'string' && /^#[0-9a-f]{6}$/i.test(background);
  if (background !== undefined && !isColor) throw invalidOption('images.background', "'#rrggbb'", background);
}

/** Makes an image of a planar sample of bytes. */
export function toPicture({ data, width, height, channels, label, key }: Sample<Uint8Array>): RawImage {
  const pixels = toInterleavedRgb(data, channels, height, width);
  return new RawImage(pixels.data, width, height, channels as ImageChannels, { label, name: key });
}

/** Options of every method that takes images. */
export interface ImageInputs {
  /** How images become those that the network takes. */
  readonly images?: ImageOptions;
  /** Called once when images are fitted to the network. */
  readonly onWarning?: (warning: { readonly code: string; readonly message: string }) => void;
}

/** Divides options into those on images and a method's own, which that checks itself. */
export function splitOptions<T extends object>(options: (T & ImageInputs) | undefined): [ImageInputs, T | undefined] {
  if (typeof options !== 'object' || options === null || Array.isArray(options)) return [{}, options];
  const { images, onWarning, ...own } = options;
  return [{ images, onWarning }, own as T];
}
