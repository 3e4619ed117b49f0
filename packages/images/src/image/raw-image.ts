import { refused } from '../errors';
import { type ImageDataLike, imageDataOf } from '../pixels/canvas';
import { blend, toColor, toGray, toRgba } from '../pixels/channels';
import { checkKeys, colorOf } from '../pixels/checks';
import { type PixelSource, pixelsOf } from '../pixels/from-pixels';
import type { Pixels } from '../pixels/pixels';
import { pixelsOfTensor, type TensorLike, type TensorMaker } from '../pixels/tensors';
import { pngFile } from '../platform/node';
import { checkResize, type ResizeOptions } from '../resize/options';
import { resizePixels } from '../resize/resize';
import { encodeImage } from './encode';

/** How many numbers a pixel of a RawImage has: gray, red-green-blue, or that and alpha. */
export type ImageChannels = 1 | 3 | 4;

/** What an image is called and which class it has, where that is known. */
export interface ImageNames {
  readonly name?: string;
  readonly label?: number;
}

/** Marks images of every copy of this package: the one for `import` and the one for `require` may both be in a program. */
const mark = Symbol.for('@ae/images RawImage');

/**
 * An image in memory: bytes, `[height, width, channels]`, interleaved as sharp, canvases and TensorFlow have them; gray, RGB or RGBA, alpha
 * not multiplied in. `readImage` and `fromPixels` make it.
 */
export class RawImage implements Pixels {
  static {
    Object.defineProperty(RawImage.prototype, mark, { value: true });
  }

  readonly data: Uint8Array;
  readonly width: number;
  readonly height: number;
  readonly channels: ImageChannels;
  /** What it is called where it comes from: a file's name. */
  readonly name?: string;
  /** The number of its class, where it comes from a folder of classes. */
  readonly label?: number;

  /** Uses bytes without copying them. @throws InvalidOptionError INVALID_OPTION */
  constructor(
    data: Uint8Array | Uint8ClampedArray,
    width: number,
    height: number,
    channels: ImageChannels,
    names: ImageNames = {},
  ) {
    for (const [where, value] of Object.entries({ width, height })) {
      if (!Number.isSafeInteger(value) || value < 1) throw refused(where, 'a whole number of at least 1', value);
    }
    if (channels !== 1 && channels !== 3 && channels !== 4) throw refused('channels', '1, 3 or 4', channels);
    const isBytes = data instanceof Uint8Array || data instanceof Uint8ClampedArray;
    const expected = `Uint8Array of ${width * height * channels} bytes (${width} x ${height} x ${channels})`;
    if (!isBytes || data.length !== width * height * channels) throw refused('data', `a ${expected}`, data);
    // Not a Buffer, some of whose methods do other things.
    this.data = data.constructor === Uint8Array ? data : new Uint8Array(data.buffer, data.byteOffset, data.length);
    this.width = width;
    this.height = height;
    this.channels = channels;
    const { name, label } = names ?? {};
    if (name !== undefined) this.name = name;
    if (label !== undefined) this.label = label;
  }

  /** Tells whether a value is one, of whatever copy of this package. */
  static isRawImage(value: unknown): value is RawImage {
    return typeof value === 'object' && value !== null && mark in value;
  }

  /** Returns it with another number of channels. Alpha is cut off, or blended with `background` ('#rrggbb'). */
  convert(channels: ImageChannels, options: { readonly background?: string } = {}): RawImage {
    checkKeys('convert', options, ['background']);
    const { background } = options;
    if (channels !== 1 && channels !== 3 && channels !== 4) throw refused('convert', '1, 3 or 4 channels', channels);
    if (channels === this.channels) return this;
    const pixels = background === undefined ? this : blend(this, colorOf('background', background));
    if (channels === 1) return this.#with(toGray(pixels));
    return this.#with(channels === 3 ? toColor(pixels) : toRgba(pixels));
  }

  /** Returns it in gray, by OpenCV's weights. */
  grayscale(): RawImage {
    return this.convert(1);
  }

  /** Returns it in red, green and blue. */
  rgb(): RawImage {
    return this.convert(3);
  }

  /** Returns it with alpha. */
  rgba(): RawImage {
    return this.convert(4);
  }

  /**
   * Returns it in another size. By default it is averaged (Pillow's BILINEAR) without regard to its aspect ratio, as `ae import` does.
   *
   * @throws InvalidOptionError INVALID_OPTION
   */
  resize(width: number, height: number, options: ResizeOptions = {}): RawImage {
    return this.#with(resizePixels(this, checkResize('resize', { ...options, width, height })));
  }

  /** Encodes it as a PNG file. */
  toPng(): Promise<Uint8Array> {
    return pngFile(this);
  }

  /** Encodes it as a JPEG file, without alpha; `quality` is 95 by default. @throws SharpMissingError, InvalidOptionError */
  async toJpeg(options: { readonly quality?: number } = {}): Promise<Uint8Array> {
    checkKeys('toJpeg', options, ['quality']);
    const { quality = 95 } = options;
    if (!Number.isInteger(quality) || quality < 1 || quality > 100) {
      throw refused('quality', 'a whole number from 1 to 100', quality);
    }
    return encodeImage(this.channels === 4 ? this.rgb() : this, 'jpeg', quality);
  }

  /** Returns what a canvas draws: an ImageData if that class exists, or else an object with the same fields. */
  toImageData(): ImageDataLike {
    return imageDataOf(this);
  }

  /** Makes an int32 tensor `[height, width, channels]` of bytes, as tf.browser.fromPixels does; `tf` is TensorFlow.js. */
  toTensor<T>(tf: TensorMaker<T>): T {
    if (typeof tf?.tensor3d !== 'function')
      throw refused('toTensor', 'TensorFlow.js, such as @tensorflow/tfjs-core', tf);
    return tf.tensor3d(Int32Array.from(this.data), [this.height, this.width, this.channels], 'int32');
  }

  #with({ data, width, height, channels }: Pixels): RawImage {
    return new RawImage(data, width, height, channels as ImageChannels, this);
  }
}

/** Makes an image of pixels of 1 to 4 channels; gray with alpha becomes RGBA. */
export function rawImageOf(pixels: Pixels, names?: ImageNames): RawImage {
  const { data, width, height, channels } = pixels.channels === 2 ? toRgba(pixels) : pixels;
  return new RawImage(data, width, height, channels as ImageChannels, names);
}

/**
 * Creates an image from pixels: an ImageData, a canvas, sharp's raw output `{ data, info }`, an image of transformers.js, and in a
 * browser an ImageBitmap, an image or video element or a VideoFrame, in their own size.
 *
 * @throws InvalidOptionError INVALID_OPTION, PlatformError WRONG_PLATFORM
 */
export function fromPixels(source: PixelSource | RawImage): RawImage {
  return RawImage.isRawImage(source) ? source : rawImageOf(pixelsOf(source));
}

/**
 * Makes an image of a tensor `[height, width]` or `[height, width, 1 | 3 | 4]`, as tf.browser.toPixels reads it: int32 from 0 to 255, float32
 * from 0 to 1; what is outside is cut off.
 *
 * @throws InvalidOptionError INVALID_OPTION
 */
export async function fromTensor(tensor: TensorLike): Promise<RawImage> {
  return rawImageOf(await pixelsOfTensor(tensor));
}
