import { refused } from '../errors';
import { type ImageDataLike, imageDataOf } from '../pixels/canvas';
import { blend, toColor, toGray, toRgba } from '../pixels/channels';
import { checkKeys, checkWhole, colorOf } from '../pixels/checks';
import { type PixelSource, pixelsOf } from '../pixels/from-pixels';
import type { Pixels } from '../pixels/pixels';
import { pixelsOfTensor, type TensorLike, type TensorMaker } from '../pixels/tensors';
import { pngFile } from '../platform/node';
import { checkResize, type ResizeOptions } from '../resize/options';
import { resizePixels } from '../resize/resize';
import { encodeImage } from './encode';

/** The number of channels of a RawImage: gray, red-green-blue, or red-green-blue-alpha. */
export type ImageChannels = 1 | 3 | 4;

/** The name and class of an image, if they are known. */
export interface ImageNames {
  readonly name?: string;
  readonly label?: number;
}

/** Marks images of every copy of this package: a program may contain both the one for `import` and the one for `require`. */
const mark = Symbol.for('@ae/images RawImage');

/**
 * An image in memory: interleaved bytes, `[height, width, channels]`, as in sharp, canvases and TensorFlow; gray, RGB or RGBA, not
 * premultiplied. Created by `readImage` and `fromPixels`.
 */
export class RawImage implements Pixels {
  static {
    Object.defineProperty(RawImage.prototype, mark, { value: true });
  }

  readonly data: Uint8Array;
  readonly width: number;
  readonly height: number;
  readonly channels: ImageChannels;
  /** Its name in its source: a file name. */
  readonly name?: string;
  /** The number of its class, if it comes from a folder of classes. */
  readonly label?: number;

  /** Uses bytes without copying them. @throws InvalidOptionError INVALID_OPTION */
  constructor(
    data: Uint8Array | Uint8ClampedArray,
    width: number,
    height: number,
    channels: ImageChannels,
    names: ImageNames = {},
  ) {
    checkWhole('width', width);
    checkWhole('height', height);
    if (channels !== 1 && channels !== 3 && channels !== 4) throw refused('channels', '1, 3 or 4', channels);
    const isBytes = data instanceof Uint8Array || data instanceof Uint8ClampedArray;
    const expected = `Uint8Array of ${width * height * channels} bytes (${width} x ${height} x ${channels})`;
    if (!isBytes || data.length !== width * height * channels) throw refused('data', `a ${expected}`, data);
    // Not a Buffer, some of whose methods behave differently.
    this.data = data.constructor === Uint8Array ? data : new Uint8Array(data.buffer, data.byteOffset, data.length);
    this.width = width;
    this.height = height;
    this.channels = channels;
    const { name, label } = names ?? {};
    if (name !== undefined && typeof name !== 'string') throw refused('name', 'text', name);
    if (label !== undefined && !Number.isSafeInteger(label)) throw refused('label', 'a whole number', label);
    if (name !== undefined) this.name = name;
    if (label !== undefined) this.label = label;
  }

  /** Tells whether a value is a RawImage, of any copy of this package. */
  static isRawImage(value: unknown): value is RawImage {
    return typeof value === 'object' && value !== null && mark in value;
  }

  /** Returns the image with another number of channels. Alpha is dropped, or blended with `background` ('#rrggbb'). */
  convert(channels: ImageChannels, options: { readonly background?: string } = {}): RawImage {
    checkKeys('convert', options, ['background']);
    const { background } = options;
    if (channels !== 1 && channels !== 3 && channels !== 4) throw refused('convert', '1, 3 or 4 channels', channels);
    if (channels === this.channels) return this;
    const pixels = background === undefined ? this : blend(this, colorOf('background', background));
    if (channels === 1) return this.#with(toGray(pixels));
    return this.#with(channels === 3 ? toColor(pixels) : toRgba(pixels));
  }

  /** Returns the image in gray, with OpenCV's weights. */
  grayscale(): RawImage {
    return this.convert(1);
  }

  /** Returns the image in red, green and blue. */
  rgb(): RawImage {
    return this.convert(3);
  }

  /** Returns the image with alpha. */
  rgba(): RawImage {
    return this.convert(4);
  }

  /**
   * Returns the image in another size. By default it averages pixels (Pillow's BILINEAR) and ignores the aspect ratio, like `ae import`.
   *
   * @throws InvalidOptionError INVALID_OPTION
   */
  resize(width: number, height: number, options: ResizeOptions = {}): RawImage {
    return this.#with(resizePixels(this, checkResize('resize', { ...options, width, height })));
  }

  /** Encodes the image as a PNG file. */
  toPng(): Promise<Uint8Array> {
    return pngFile(this);
  }

  /** Encodes the image as a JPEG file, without alpha; the default `quality` is 95. @throws SharpMissingError, InvalidOptionError */
  async toJpeg(options: { readonly quality?: number } = {}): Promise<Uint8Array> {
    checkKeys('toJpeg', options, ['quality']);
    const { quality = 95 } = options;
    return encodeImage(this.channels === 4 ? this.rgb() : this, 'jpeg', quality);
  }

  /** Returns an object that a canvas can draw: an ImageData if that class exists, or else an object with the same fields. */
  toImageData(): ImageDataLike {
    return imageDataOf(this);
  }

  /** Makes an int32 tensor `[height, width, channels]` of bytes, like tf.browser.fromPixels; `tf` is TensorFlow.js. */
  toTensor<T>(tf: TensorMaker<T>): T {
    if (typeof tf?.tensor3d !== 'function')
      throw refused('toTensor', 'TensorFlow.js, such as @tensorflow/tfjs-core', tf);
    return tf.tensor3d(Int32Array.from(this.data), [this.height, this.width, this.channels], 'int32');
  }

  #with({ data, width, height, channels }: Pixels): RawImage {
    return new RawImage(data, width, height, channels as ImageChannels, this);
  }
}

/** Creates an image from pixels of 1 to 4 channels; gray with alpha becomes RGBA. */
export function rawImageOf(pixels: Pixels, names?: ImageNames): RawImage {
  const { data, width, height, channels } = pixels.channels === 2 ? toRgba(pixels) : pixels;
  return new RawImage(data, width, height, channels as ImageChannels, names);
}

/**
 * Creates an image from pixels: an ImageData, a canvas, sharp's raw output `{ data, info }`, an image of transformers.js, or, in a browser,
 * an ImageBitmap, an image or video element or a VideoFrame, at its own size.
 *
 * @throws InvalidOptionError INVALID_OPTION, PlatformError WRONG_PLATFORM
 */
export function fromPixels(source: PixelSource | RawImage): RawImage {
  return RawImage.isRawImage(source) ? source : rawImageOf(pixelsOf(source));
}

/**
 * Creates an image from a tensor `[height, width]` or `[height, width, 1 | 3 | 4]`, like tf.browser.toPixels: int32 from 0 to 255, or
 * float32 from 0 to 1; values outside the range are clamped.
 *
 * @throws InvalidOptionError INVALID_OPTION
 */
export async function fromTensor(tensor: TensorLike): Promise<RawImage> {
  return rawImageOf(await pixelsOfTensor(tensor));
}
