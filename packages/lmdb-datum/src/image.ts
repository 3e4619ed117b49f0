/** Image files to and from pixels: by sharp, and ordinary JPEGs and BMPs by decoders of our own. */
import { decodeBmp } from './bmp';
import { takeBudget } from './convert/decode-budget';
import { isColored, swappedChannel } from './datum/colors';
import { describeImage, readJpegHeader } from './image-header';
import { imageKernels } from './image-kernels';
import { type ImageSize, readImageSize } from './image-size';
import { decodeJpeg } from './jpeg';
import { withEnd } from './jpeg-end';
import { runKernel } from './pixel-kernel';
import { assertPixels, DEFAULT_MAX_PIXELS, decodingBytes } from './pixel-limit';
import { decodeBySharp, doesNotDecode, loadSharp } from './sharp-image';

/** Pixels as an image library has them: interleaved `[H, W, C]` uint8, channels grey, RGB or RGBA. */
export interface Pixels {
  data: Uint8Array;
  channels: number;
  height: number;
  width: number;
}

export interface DecodeImageOptions {
  /** 'stored' keeps grey, colour and alpha as they are; 'color' gives 3 channels; 'gray' gives 1. Default 'stored'. */
  mode?: 'stored' | 'color' | 'gray';
  /** Turn the image as its EXIF orientation says. Default false: Caffe doesn't when it decodes a Datum. */
  orient?: boolean;
  /** Put this colour behind transparent pixels, in modes 'color' and 'gray'. Default: alpha is cut off. */
  background?: RgbColor;
  /** Names the record or file in errors. */
  name?: string;
  /** Refuse images of more pixels. Default 89,478,485, from where Pillow warns of a bomb. */
  maxPixels?: number;
  /** The caller has taken the memory for it from the budget. */
  isAccounted?: boolean;
}

/** Red, green and blue, 0 to 255. */
export type RgbColor = readonly [red: number, green: number, blue: number];

/**
 * Decodes an image file as OpenCV does: embedded colour profiles are ignored, 16 bits become 8, alpha is cut off, not blended
 * (in mode 'color'). Unlike there, a file that is cut short is an error: OpenCV fills the rest of a JPEG with grey.
 *
 * @param file Bytes of a JPEG, PNG, WebP, GIF, TIFF, AVIF or BMP file. No decoder sees anything else.
 * @throws ImageError if the image is damaged, too large or of another kind, MissingDependencyError without sharp.
 */
export async function decodeImage(file: Uint8Array, options: DecodeImageOptions = {}): Promise<Pixels> {
  const { mode = 'stored', orient = false, name = 'image', maxPixels = DEFAULT_MAX_PIXELS } = options;
  const size = readImageSize(file);
  if (!size) throw doesNotDecode(name, describeImage(file));
  assertPixels(name, size, maxPixels);
  const jpeg = size.kind === 'jpeg' ? readJpegHeader(file) : undefined;
  if (jpeg && jpeg.components <= 3 && (!orient || jpeg.orientation === 1)) {
    const isGray = mode === 'gray' || (mode === 'stored' && jpeg.components === 1);
    const pixels = decodeOrdinaryJpeg(withEnd(file), isGray ? 1 : 3);
    if (pixels) return pixels;
  }
  const release = options.isAccounted ? undefined : await takeBudget(decodingBytes(file.length, size));
  try {
    return await decodeOther(file, size, { ...options, name, maxPixels });
  } finally {
    release?.();
  }
}

async function decodeOther(
  file: Uint8Array,
  size: ImageSize,
  options: DecodeImageOptions & { name: string; maxPixels: number },
): Promise<Pixels> {
  const { mode = 'stored', background, name } = options;
  const own = size.kind === 'bmp' ? decodeBmp(file) : undefined;
  if (typeof own === 'string') throw doesNotDecode(name, own);
  const stored = own ?? (await decodeBySharp(file, size, options));
  const pixels = background && mode !== 'stored' ? blend(stored, background) : stored;
  if (mode === 'gray') return toGray(pixels, size.kind === 'png');
  return mode === 'color' ? toColor(pixels) : pixels;
}

/** Interleaved pixels of an ordinary JPEG, or undefined if sharp has to do it. */
function decodeOrdinaryJpeg(file: Uint8Array, channels: 1 | 3): Pixels | undefined {
  const kernels = imageKernels();
  const planes = kernels && decodeJpeg(kernels, file, { channels });
  if (!kernels || !planes) return undefined;
  const { height, width } = planes;
  const count = height * width;
  const blue = planes.data.byteOffset;
  if (channels === 1) return { data: kernels.view(blue, count).slice(), channels, height, width };
  const out = kernels.take(3 * count);
  if (out === undefined) return undefined;
  kernels.pack.interleaveU8(blue + 2 * count, blue + count, blue, count, count, 1, 0, out);
  return { data: kernels.view(out, 3 * count).slice(), channels, height, width };
}

/** Grey to three equal channels; alpha is cut off. */
export function toColor({ data, channels, height, width }: Pixels): Pixels {
  if (channels === 3) return { data, channels, height, width };
  const out = new Uint8Array(height * width * 3);
  const step = channels < 3 ? 0 : 1;
  for (let s = 0, t = 0; t < out.length; s += channels, t += 3) {
    for (let c = 0; c < 3; c++) out[t + c] = data[s + c * step]!;
  }
  return { data: out, channels: 3, height, width };
}

/** Alpha is blended with a colour: `[H, W, 2 | 4]` to RGB. Pixels without alpha stay as they are. */
function blend(pixels: Pixels, background: RgbColor): Pixels {
  const { data, channels, height, width } = pixels;
  if (channels !== 2 && channels !== 4) return pixels;
  const out = new Uint8Array(height * width * 3);
  const step = channels === 2 ? 0 : 1;
  for (let s = 0, t = 0; t < out.length; s += channels, t += 3) {
    const alpha = data[s + channels - 1]!;
    for (let c = 0; c < 3; c++) {
      out[t + c] = Math.round((data[s + c * step]! * alpha + background[c]! * (255 - alpha)) / 255);
    }
  }
  return { data: out, channels: 3, height, width };
}

/** Colour to grey by OpenCV's fixed-point weights (0.299, 0.587, 0.114); libpng, which OpenCV asks for PNG files, truncates. */
export function toGray({ data, channels, height, width }: Pixels, truncate = false): Pixels {
  if (channels === 1) return { data, channels, height, width };
  const out = new Uint8Array(height * width);
  const half = truncate ? 0 : 1 << 14;
  for (let s = 0, t = 0; t < out.length; s += channels, t++) {
    out[t] = channels < 3 ? data[s]! : (data[s]! * 9798 + data[s + 1]! * 19235 + data[s + 2]! * 3735 + half) >> 15;
  }
  return { data: out, channels: 1, height, width };
}

/** Interleaved `[H, W, C]` RGB(A) to planar `[C, H, W]` BGR(A), as a raw Datum holds it. */
export function toPlanarBgr({ data, channels, height, width }: Pixels): Uint8Array {
  const count = height * width;
  if (channels === 3) {
    const bytes = runKernel([data, { bytes: 3 * count }], 1, (kernels, [src, dst]) =>
      kernels.planarBgr(src!, count, dst!),
    );
    if (bytes) return bytes;
  }
  const planar = new Uint8Array(count * channels);
  for (let c = 0; c < channels; c++) {
    const from = storedChannel(c, channels);
    const end = (c + 1) * count;
    for (let t = c * count, s = from; t < end; t++, s += channels) planar[t] = data[s]!;
  }
  return planar;
}

/** Planar `[C, H, W]` BGR(A) to interleaved `[H, W, C]` RGB(A). */
export function toInterleavedRgb(planar: Uint8Array, channels: number, height: number, width: number): Pixels {
  const count = height * width;
  const data = new Uint8Array(count * channels);
  for (let c = 0; c < channels; c++) {
    const to = storedChannel(c, channels);
    for (let s = c * count, t = to, end = s + count; s < end; s++, t += channels) data[t] = planar[s]!;
  }
  return { data, channels, height, width };
}

/** Blue and red change places; green, alpha, grey and what is no colour stay. */
function storedChannel(c: number, channels: number): number {
  return isColored({ channels, height: 1, width: 1 }, false) ? swappedChannel(c) : c;
}

/** Encodes interleaved pixels to an image file. JPEG quality as OpenCV's default, 95 with 4:2:0. */
export async function encodeImage(pixels: Pixels, type: 'jpeg' | 'png' | 'webp'): Promise<Uint8Array> {
  const sharp = await loadSharp();
  const { data, width, height, channels } = pixels;
  const pipeline = sharp(data, { raw: { width, height, channels: channels as 1 | 2 | 3 | 4 } });
  // sharp makes RGB of grey unless told otherwise.
  const image = channels < 3 ? pipeline.toColourspace('b-w') : pipeline;
  const encoded =
    type === 'jpeg' ? image.jpeg({ quality: 95 }) : type === 'webp' ? image.webp({ lossless: true }) : image.png();
  return encoded.toBuffer();
}
