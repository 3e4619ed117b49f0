/** Converts images as programs have them to samples of a network's size. */

import {
  fromPixels,
  ImageFolder,
  kindOfPixels,
  type RawImage,
  type ReadImageOptions,
  resizePixels,
  toPlanarBgr,
} from '@ae/images';
import { AutoencoderError, inWords } from '../errors/errors';
import { withDefaults } from '../errors/option-kinds';
import { imageOptions } from './image-options';
import { checkImageOptions, type ImageOptions, type ImageSource, isOneImage, isPicture, type Picture } from './images';
import type { ImageShape, Sample, SampleSource } from './samples';

/** How a method uses images. */
export interface ImageUse {
  /** The option or argument, for errors. */
  readonly where: string;
  readonly inputShape: ImageShape;
  /** Whether images keep their own size. */
  readonly keepsSize?: () => boolean;
  /** Whether they are used more than once. */
  readonly keeps?: boolean;
  readonly options?: ImageOptions;
  /** Called once if images are fitted to the network. */
  readonly onWarning?: (warning: { readonly code: string; readonly message: string }) => void;
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
  /** Cache of fitted images, by index. */
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

  /** Options for decoding a folder's images at the right size, which takes less memory than fitting them at full size. */
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
