/** Decodes image files: ordinary JPEGs and BMPs with our own decoders, all others with sharp or the browser. */

import { decodeBmp } from '../codecs/bmp';
import { checkDecodeOptions, type DecodeImageOptions } from '../codecs/decode-options';
import { decodeJpeg } from '../codecs/jpeg';
import { withEnd } from '../codecs/jpeg-end';
import { doesNotDecode } from '../errors';
import { type ImageKernels, imageKernels } from '../kernels/image-kernels';
import { readJpegHeader } from '../kind/jpeg';
import { describeImage, formatOf, type ImageSize, readImageSize } from '../kind/kind';
import { blend, toColor, toGray } from '../pixels/channels';
import { checkBytes } from '../pixels/checks';
import { assertPixels, decodingBytes, defaultMaxPixels } from '../pixels/limits';
import type { Pixels } from '../pixels/pixels';
import { decodeOther } from '../platform/node';
import { takeBudget } from './decode-budget';

/**
 * Decodes an image file as OpenCV does: embedded color profiles are ignored, 16 bits become 8, and alpha is dropped, not blended (in mode
 * 'color'). Unlike in OpenCV, a truncated file is an error: OpenCV fills the rest of a JPEG with gray.
 *
 * @param file Bytes of a JPEG, PNG, WebP, GIF, TIFF, AVIF or BMP file. Nothing else is passed to a decoder.
 * @throws BadImageError BAD_IMAGE if the image is damaged, too large or of another kind, SharpMissingError MISSING_DEPENDENCY,
 * InvalidOptionError INVALID_OPTION.
 */
export async function decodeImage(file: Uint8Array, options: DecodeImageOptions = {}): Promise<Pixels> {
  checkBytes('decodeImage', file);
  checkDecodeOptions('decodeImage, options', options);
  const { mode = 'stored', orient = false, name = 'image', maxPixels = defaultMaxPixels } = options;
  const size = readImageSize(file);
  if (!size) throw doesNotDecode(name, describeImage(file));
  assertPixels(name, size, maxPixels);
  const { decode } = formatOf(size.kind);
  const jpeg = decode === 'jpeg' ? readJpegHeader(file) : undefined;
  const kernels = jpeg && imageKernels();
  if (kernels && jpeg.components <= 3 && (!orient || jpeg.orientation === 1)) {
    const isGray = mode === 'gray' || (mode === 'stored' && jpeg.components === 1);
    const pixels = decodeOrdinaryJpeg(kernels, withEnd(file), isGray ? 1 : 3);
    if (pixels) return pixels;
  }
  const release = options.isAccounted ? undefined : await takeBudget(decodingBytes(file.length, size));
  try {
    const stored =
      decode === 'bmp' ? storedBmp(file, name) : await decodeOther(file, size, { ...options, name, maxPixels });
    return inMode(stored, size, options);
  } finally {
    release?.();
  }
}

function storedBmp(file: Uint8Array, name: string): Pixels {
  const pixels = decodeBmp(file);
  if (typeof pixels === 'string') throw doesNotDecode(name, pixels);
  return pixels;
}

function inMode(stored: Pixels, { kind }: ImageSize, { mode = 'stored', background }: DecodeImageOptions): Pixels {
  const pixels = background && mode !== 'stored' ? blend(stored, background) : stored;
  if (mode === 'gray') return toGray(pixels, kind === 'png');
  return mode === 'color' ? toColor(pixels) : pixels;
}

/** Decodes an ordinary JPEG to interleaved pixels. Returns undefined if sharp must do it. */
function decodeOrdinaryJpeg(kernels: ImageKernels, file: Uint8Array, channels: 1 | 3): Pixels | undefined {
  const planes = decodeJpeg(kernels, file, { channels });
  if (!planes) return undefined;
  const { height, width } = planes;
  const count = height * width;
  const blue = planes.data.byteOffset;
  if (channels === 1) return { data: kernels.view(blue, count).slice(), channels, height, width };
  const out = kernels.take(3 * count);
  if (out === undefined) return undefined;
  kernels.pack.interleaveU8(blue + 2 * count, blue + count, blue, count, count, 1, 0, out);
  return { data: kernels.view(out, 3 * count).slice(), channels, height, width };
}
