import { decodeImage, type Pixels, type Resize, resizePixels, toColor, toGray, toInterleavedRgb } from '@ae/images';
import { type Datum, hasPixels, withoutPixels } from '../datum/datum';
import { ownError } from '../datum/image-codec';
import { floatsToBytes } from '../datum/sample';
import { DatumError } from '../errors/errors';
import type { CheckedBatchOptions } from './options';
import type { PixelSource } from './pack-pixels';

/** Converts records to pixels with the channels and the size that the options of batches require. */
export class RecordPixels {
  readonly resize?: Resize;
  readonly #options: CheckedBatchOptions;
  readonly #keyOf: (i: number) => string;

  /** `keyOf` names record `i`. */
  constructor(options: CheckedBatchOptions, keyOf: (i: number) => string) {
    this.#options = options;
    this.#keyOf = keyOf;
    const { resize: target } = options;
    const { fit = 'squash', resampler = 'antialiased' } = target ?? {};
    this.resize = target && { target, fit, resampler };
  }

  /** Returns the pixels of record `i`, which is stored as pixels: a view of them if nothing changes. */
  raw(datum: Datum, i: number): PixelSource {
    const { channels, height, width, floatData } = datum;
    if (!hasPixels(datum)) throw withoutPixels(datum, this.#keyOf(i));
    this.#assertConvertible(channels, i);
    const { dtype } = this.#options;
    const wantsBytes = dtype === 'uint8' || this.#changesPixels(channels);
    const data = floatData ? (wantsBytes ? floatsToBytes(floatData, this.#keyOf(i)) : floatData) : datum.data;
    const source = { data, planar: true, channels, height, width };
    if (!(data instanceof Uint8Array) || !this.#changesPixels(channels)) return source;
    return this.#changed(toInterleavedRgb(data, channels, height, width));
  }

  /** Decodes record `i`, which is an image file. */
  async decode(datum: Datum, i: number): Promise<PixelSource> {
    // The bytes are a view that the next record overwrites.
    const file = new Uint8Array(datum.data);
    const { channels, maxPixels } = this.#options;
    const mode = channels === 3 ? 'color' : channels === 1 ? 'gray' : 'stored';
    const key = this.#keyOf(i);
    try {
      return this.#changed(await decodeImage(file, { mode, orient: true, name: `key ${key}`, maxPixels }));
    } catch (error) {
      throw ownError(error, { key });
    }
  }

  #changesPixels(channels: number): boolean {
    return this.#options.resize !== undefined || (this.#options.channels ?? channels) !== channels;
  }

  /** Channels and size as the options require. */
  #changed(pixels: Pixels): PixelSource {
    const { resize } = this;
    const { channels } = this.#options;
    const colored = channels === 3 ? toColor(pixels) : channels === 1 ? toGray(pixels) : pixels;
    const sized = resize ? resizePixels(colored, resize) : colored;
    return { ...sized, planar: false };
  }

  /** Only gray and color channels have a known meaning: two may be a pair of images. */
  #assertConvertible(channels: number, i: number): void {
    const wanted = this.#options.channels ?? channels;
    if (wanted === channels || channels === 1 || channels === 3 || channels === 4) return;
    const key = this.#keyOf(i);
    throw new DatumError(
      {
        where: `key ${key}`,
        expected: `1, 3 or 4 channels to make ${wanted} of`,
        received: `${channels}`,
        todo: 'remove the record, or leave out channels to keep records as they are',
      },
      { key },
    );
  }
}
