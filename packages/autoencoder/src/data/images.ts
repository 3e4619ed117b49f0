/** Images as programs have them become samples of a network's size: whatever holds pixels, one or many, in memory or read when needed. */

import type { CanvasLike, Drawable, ReadImageOptions, SharpRaw } from '@ae/images';
import {
  fromPixels,
  type ImageChannels,
  type ImageDataLike,
  ImageFolder,
  kindOfPixels,
  RawImage,
  resizePixels,
  toInterleavedRgb,
  toPlanarBgr,
} from '@ae/images';
import { AutoencoderError, checkKeys, invalidOption, inWords } from '../errors/errors';
import { checkOptions, withDefaults } from '../errors/option-kinds';
import { imageOptions } from './image-options';
import type { ImageShape, Sample, SampleSource } from './samples';

/** An image that is no planar sample: a RawImage of @ae/images, or anything that its `fromPixels` takes. */
export type Picture = RawImage | ImageDataLike | SharpRaw | CanvasLike | Drawable;

/** Images by index, such as the folder that `imageFolder` of @ae/images names. */
export interface ImageSource {
  readonly length: number;
  at(index: number): Picture | Sample | undefined | Promise<Picture | Sample | undefined>;
  identity?: SampleSource['identity'];
}

/** What methods take for images: one, an array, or a source. */
export type Images = Picture | Sample | readonly (Picture | Sample)[] | ImageSource | SampleSource;

/** How images become those that a network takes; planar samples are taken as they are. */
export interface ImageOptions {
  /** 'squash' ignores the aspect ratio, as `ae import` does, 'crop' cuts what sticks out, 'fill' adds black borders. Default 'squash'. */
  readonly fit?: 'squash' | 'crop' | 'fill';
  /** 'antialiased' averages all pixels, 'bilinear' looks at four, as cv::resize. Default 'antialiased'. */
  readonly resampler?: 'antialiased' | 'bilinear';
  /** Color behind transparent pixels, as '#rrggbb'. Default: alpha is cut off. */
  readonly background?: string;
  /**
   * Of a network that takes images of any size (`takesAnySize`): 'network' gives them the one of `inputShape`, 'own' leaves them theirs.
   * Default 'network', but 'own' for `reconstruct`.
   */
  readonly size?: 'network' | 'own';
  /** Bytes of fitted images that `train` keeps, so that later epochs do not decode them again. Default 512 MiB. */
  readonly cacheBytes?: number;
}

/** What a method does with images. */
export interface ImageUse {
  /** The option or argument, for errors. */
  readonly where: string;
  readonly inputShape: ImageShape;
  /** Whether images keep the size that they have. */
  readonly keepsSize?: () => boolean;
  /** Whether they are looked at more than once. */
  readonly keeps?: boolean;
  readonly options?: ImageOptions;
  /** Is told once that images are fitted. */
  readonly onWarning?: (warning: { readonly code: string; readonly message: string }) => void;
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

/** Returns the images that a method was given as a source of samples. Throws INVALID_SAMPLE, INVALID_OPTION. */
export function samplesOf(images: unknown, use: ImageUse): SampleSource {
  const { where, options = {} } = use;
  checkImageOptions(options);
  const all = isOneImage(images) ? [images] : images;
  const { length, at } = (all ?? {}) as Partial<ImageSource>;
  const isSource = typeof all === 'object' && Number.isInteger(length) && (length as number) >= 0;
  if (!isSource || typeof at !== 'function') throw noImages(where, images);
  return new FittedImages(all as ImageSource, use);
}

/** Throws INVALID_OPTION for options of images that there are not. */
export function checkImageOptions(options: ImageOptions): void {
  checkKeys('images', options, [...Object.keys(imageOptions), 'background']);
  const { background, ...others } = options;
  checkOptions('images', imageOptions, others);
  const isColor = typeof background === 'string' && /^#[0-9a-f]{6}$/i.test(background);
  if (background !== undefined && !isColor) throw invalidOption('images.background', "'#rrggbb'", background);
}

function noImages(where: string, value: unknown): AutoencoderError {
  const expected = 'images, one or many, or an object with length and at(index)';
  const name = inWords(value);
  const todo =
    typeof value === 'string'
      ? `for a folder of images pass imageFolder(${name}), and for one image await readImage(${name}), both of @ae/images; for an LMDB pass openDatumLmdb(${name}) of @ae/lmdb-datum`
      : isFile(value)
        ? 'await readImage() of @ae/images reads an image file'
        : undefined;
  return new AutoencoderError('INVALID_SAMPLE', { where, expected, received: inWords(value), ...(todo && { todo }) });
}

function isFile(value: unknown): boolean {
  return value instanceof URL || value instanceof Uint8Array || (typeof Blob !== 'undefined' && value instanceof Blob);
}

/** A source whose images have the network's size and channels. */
class FittedImages implements SampleSource {
  readonly length: number;
  readonly identity?: SampleSource['identity'];
  readonly #source: ImageSource;
  readonly #use: ImageUse;
  /** Fitted images, by index. */
  readonly #known = new Map<number, Sample>();
  #room: number;
  #isSaid = false;

  constructor(source: ImageSource, use: ImageUse) {
    this.length = source.length;
    this.#source = source;
    this.#use = use;
    this.#room = use.keeps ? (use.options?.cacheBytes ?? imageOptions.cacheBytes.default) : 0;
    if (source.identity) this.identity = () => (source.identity as NonNullable<typeof source.identity>)();
  }

  at(index: number): Sample | undefined | Promise<Sample | undefined> {
    const known = this.#known.get(index);
    if (known) return known;
    const image = this.#fetch(index);
    return image instanceof Promise ? image.then((come) => this.#take(come, index)) : this.#take(image, index);
  }

  #fetch(index: number): ReturnType<ImageSource['at']> {
    const source = this.#source;
    if (!ImageFolder.isImageFolder(source)) return source.at(index);
    this.#say();
    return source.at(index, this.#readOptions());
  }

  /** What a folder is to do as it decodes, which takes less memory than to fit images of full size. */
  #readOptions(): ReadImageOptions {
    const { inputShape, options = {} } = this.#use;
    const [height, width, channels] = inputShape;
    const { fit, resampler } = withDefaults(imageOptions, options);
    return {
      ...(channels === 1 || channels === 3 || channels === 4 ? { channels } : {}),
      ...(channels === 4 ? {} : { background: options.background }),
      ...(!this.#keepsSize && { resize: { height, width, fit, resampler } }),
    };
  }

  get #keepsSize(): boolean {
    return this.#use.keepsSize?.() ?? false;
  }

  #take(image: Picture | Sample | undefined, index: number): Sample | undefined {
    if (!isPicture(image)) {
      if (kindOfPixels(image) === 'marked') throw interleaved(this.#use.where, index);
      return image;
    }
    const sample = this.#fitted(fromPixels(image));
    if (this.#room >= sample.data.length) {
      this.#room -= sample.data.length;
      this.#known.set(index, sample);
    }
    return sample;
  }

  #fitted(image: RawImage): Sample<Uint8Array> {
    const { inputShape, where, options = {} } = this.#use;
    const [height, width, channels] = inputShape;
    if (channels !== 1 && channels !== 3 && channels !== 4) {
      const received = `an image of ${image.channels} channels`;
      const todo = "pass planar samples with the network's channels";
      throw new AutoencoderError('INVALID_SAMPLE', { where, expected: `${channels} channels`, received, todo });
    }
    const { fit, resampler } = withDefaults(imageOptions, options);
    const colored = image.convert(channels, { background: options.background });
    const target = this.#keepsSize ? { height: image.height, width: image.width } : { height, width };
    const fitted = resizePixels(colored, { target, fit, resampler });
    if (colored !== image || fitted.height !== image.height || fitted.width !== image.width) this.#say();
    const { label, name: key } = image;
    return {
      channels,
      ...target,
      data: toPlanarBgr(fitted),
      ...(label !== undefined && { label }),
      ...(key && { key }),
    };
  }

  #say(): void {
    if (this.#isSaid) return;
    this.#isSaid = true;
    const { inputShape, options = {}, onWarning } = this.#use;
    const [height, width, channels] = inputShape;
    const { fit } = withDefaults(imageOptions, options);
    const color = channels === 1 ? 'gray' : channels === 3 ? 'color' : 'color with alpha';
    const how = this.#keepsSize ? 'in their own size' : `at ${width}x${height}, ${imageOptions.fit.words[fit]}`;
    onWarning?.({ code: 'IMAGES_FITTED', message: `Images are used in ${color}, ${how}, as the network requires.` });
  }
}

function interleaved(where: string, index: number): AutoencoderError {
  return new AutoencoderError('INVALID_SAMPLE', {
    where: `${where}, image ${index}`,
    expected: 'a planar sample, a RawImage, or anything that fromPixels() of @ae/images takes',
    received: 'what looks like interleaved pixels, such as those of sharp and canvases',
    todo: 'pass the result of fromPixels(), or { data, info } as sharp returns it',
  });
}

/** Makes an image of a planar sample of bytes. */
export function toPicture({ data, width, height, channels, label, key }: Sample<Uint8Array>): RawImage {
  const pixels = toInterleavedRgb(data, channels, height, width);
  return new RawImage(pixels.data, width, height, channels as ImageChannels, { label, name: key });
}

/** Options of a method that takes images, beside its own. */
export interface ImageInputs {
  /** How images become those that the network takes. */
  readonly images?: ImageOptions;
  /** Is told once that images are fitted. */
  readonly onWarning?: (warning: { readonly code: string; readonly message: string }) => void;
}

/** Divides options into those on images and a method's own, which that checks itself. */
export function splitOptions<T extends object>(options: (T & ImageInputs) | undefined): [ImageInputs, T | undefined] {
  if (typeof options !== 'object' || options === null || Array.isArray(options)) return [{}, options];
  const { images, onWarning, ...own } = options;
  return [{ images, onWarning }, own as T];
}
