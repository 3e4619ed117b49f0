/** Images as programs have them: anything that contains pixels, one or many, in memory or read on demand; and how a network takes them. */

import type { CanvasLike, Drawable, SharpRaw } from '@ae/images';
import { type ImageChannels, type ImageDataLike, kindOfPixels, RawImage, toInterleavedRgb } from '@ae/images';
import { checkKeys, invalidOption } from '../errors/errors';
import { checkOptions } from '../errors/option-kinds';
import { imageOptions } from './image-options';
import type { Sample, SampleSource } from './samples';

/** An image that is not a planar sample: a RawImage of @ae/images, or anything that its `fromPixels` accepts. */
export type Picture = RawImage | ImageDataLike | SharpRaw | CanvasLike | Drawable;

/** Images by index, such as the folder that `imageFolder` of @ae/images names. */
export interface ImageSource {
  readonly length: number;
  at(index: number): Picture | Sample | undefined | Promise<Picture | Sample | undefined>;
  identity?: SampleSource['identity'];
}

/** The images that methods accept: one, an array, or a source. */
export type Images = Picture | Sample | readonly (Picture | Sample)[] | ImageSource | SampleSource;

/** How images are fitted to a network; planar samples are used unchanged. */
export interface ImageOptions {
  /**
   * 'squash' ignores the aspect ratio, as `ae import` does, 'crop' cuts off what does not fit, 'fill' adds black borders. Default 'squash'.
   */
  readonly fit?: 'squash' | 'crop' | 'fill';
  /** 'antialiased' averages all pixels, 'bilinear' uses the four nearest ones, as cv::resize does. Default 'antialiased'. */
  readonly resampler?: 'antialiased' | 'bilinear';
  /** Color behind transparent pixels, as '#rrggbb'. Default: alpha is dropped. */
  readonly background?: string;
  /**
   * For a network that takes images of any size (`takesAnySize`): 'network' resizes images to `inputShape`, 'own' keeps their size. Default
   * 'network', but 'own' for `reconstruct`.
   */
  readonly size?: 'network' | 'own';
  /** Bytes of fitted images that `train` caches, so that later epochs need not decode them again. Default 512 MiB. */
  readonly cacheBytes?: number;
}

/** Tells whether a value is an image rather than a planar sample. */
export function isPicture(value: unknown): value is Picture {
  const kind = kindOfPixels(value);
  return RawImage.isRawImage(value) || (kind !== undefined && kind !== 'marked');
}

/** Tells whether a value is a single image of either kind. */
export function isOneImage(value: unknown): value is Picture | Sample {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  return kindOfPixels(value) !== undefined || RawImage.isRawImage(value) || 'data' in value;
}

/** Throws INVALID_OPTION for image options if there are no images. */
export function checkImageOptions(options: ImageOptions): void {
  checkKeys('images', options, [...Object.keys(imageOptions), 'background']);
  const { background, ...others } = options;
  checkOptions('images', imageOptions, others);
  const isColor = typeof background === 'string' && /^#[0-9a-f]{6}$/i.test(background);
  if (background !== undefined && !isColor) throw invalidOption('images.background', "'#rrggbb'", background);
}

/** Makes an image from a planar sample of bytes. */
export function toPicture({ data, width, height, channels, label, key }: Sample<Uint8Array>): RawImage {
  const pixels = toInterleavedRgb(data, channels, height, width);
  return new RawImage(pixels.data, width, height, channels as ImageChannels, { label, name: key });
}

/** Options of all methods that take images. */
export interface ImageInputs {
  /** How images are converted to those that the network takes. */
  readonly images?: ImageOptions;
  /** Called once if images are fitted to the network. */
  readonly onWarning?: (warning: { readonly code: string; readonly message: string }) => void;
}

/** Separates image options from a method's own options, which the method checks itself. */
export function splitOptions<T extends object>(options: (T & ImageInputs) | undefined): [ImageInputs, T | undefined] {
  if (typeof options !== 'object' || options === null || Array.isArray(options)) return [{}, options];
  const { images, onWarning, ...own } = options;
  return [{ images, onWarning }, own as T];
}
