/**
 * Decodes ordinary JPEG files with our own kernels (assembly/jpeg), and resizes them: for small images several times faster than sharp,
 * whose pipeline costs more than their pixels, and with exactly the same results as OpenCV. Unusual or damaged files are left to sharp.
 */

import type { ImageKernels } from '../kernels/image-kernels';
import { readJpegHeader } from '../kind/jpeg';
import type { Box, Planes, Size } from '../pixels/pixels';
import { antialiasedWindows, pixelWindowsFor, type Windows } from '../resize/antialiased';
import { bilinearScratchBytes } from '../resize/bilinear';
import { planResize, type Resize } from '../resize/plan';

/** How a JPEG file is decoded. */
export interface JpegOptions {
  /** 1 decodes only luma, 3 converts gray to color. Default: as in the file. */
  channels?: 1 | 3;
  resize?: Resize;
  /** Leave images to sharp that must be rotated by their EXIF orientation. */
  orient?: boolean;
  /** Chooses the part to decode, if nothing is resized. Default: all. */
  cut?: (image: Size & { channels: number }) => Box;
  /** Offset, from 0 to 7, of the pixels from an address that is divisible by eight. Default 0. */
  shift?: number;
}

/** Larger images are left to sharp, which does not block the thread. */
const mostPixels = 1 << 20;
const GRAY = 1;
const PLANES = 3;
const PIXELS = 4;

/** An image in the kernels' memory. */
interface Placed extends Size {
  address: number;
  /** 1 for gray, 4 for pixels of red, green, blue and an unused byte. */
  bytesPerPixel: number;
}

/**
 * Decodes a file to planes, gray or blue-green-red, in the kernels' memory: they are valid until its next image.
 *
 * @returns undefined if sharp must decode the file, or report what is wrong with it.
 */
export function decodeJpeg(
  kernels: ImageKernels,
  file: Uint8Array,
  { channels: wanted, resize, orient, cut, shift = 0 }: JpegOptions = {},
): Planes | undefined {
  const image = openJpeg(kernels, file);
  if (!image) return undefined;
  if (orient && !isUpright(kernels, file)) return undefined;
  const channels = wanted ?? image.channels;
  if (resize && (resize.target.height !== image.height || resize.target.width !== image.width)) {
    return decodeResized(kernels, image, channels, resize, shift);
  }
  const { height, width } = image;
  const box = cut?.({ channels, height, width }) ?? { top: 0, left: 0, height, width };
  const planes = decodePart(kernels, box, channels === 1 ? GRAY : PLANES, shift);
  return planes === undefined ? undefined : sourceOf(kernels, planes, channels, box);
}

/** Opens the next image. Returns its size and its number of components, or undefined if the kernels do not decode such files. */
export function openJpeg(kernels: ImageKernels, file: Uint8Array): (Size & { channels: number }) | undefined {
  const { jpeg } = kernels;
  kernels.reset();
  const address = kernels.place(file);
  const channels = address === undefined ? 0 : jpeg.open(address, file.length);
  const [height, width] = [jpeg.imageHeight(), jpeg.imageWidth()];
  return channels === 0 || height * width > mostPixels ? undefined : { channels, height, width };
}

/** Tells whether the image that was opened is not rotated by its EXIF orientation. */
export function isUpright({ jpeg }: ImageKernels, file: Uint8Array): boolean {
  return !jpeg.mayBeTurned() || readJpegHeader(file)?.orientation === 1;
}

function sourceOf(kernels: ImageKernels, address: number, channels: number, { height, width }: Size): Planes {
  return { data: kernels.view(address, channels * height * width), planar: true, channels, height, width };
}

/** Allocates memory that starts `shift` bytes after an address that is divisible by 64. */
function takeShifted(kernels: ImageKernels, bytes: number, shift: number): number | undefined {
  const address = kernels.take(bytes + shift);
  return address === undefined ? undefined : address + shift;
}

/** @returns The image's address. */
function decodePart(
  kernels: ImageKernels,
  { top, left, height, width }: Box,
  kind: number,
  shift = 0,
): number | undefined {
  const { jpeg } = kernels;
  const out = takeShifted(kernels, height * width * kind + jpeg.spareBytes(), shift);
  const work = kernels.take(jpeg.workBytes());
  if (out === undefined || work === undefined) return undefined;
  return jpeg.decode(work, out, kind, top, left, height, width) ? out : undefined;
}

function decodeResized(
  kernels: ImageKernels,
  image: Size,
  channels: number,
  { target, fit, resampler }: Resize,
  shift: number,
): Planes | undefined {
  const { source, placed } = planResize(image, target, fit);
  const bytesPerPixel = channels === 1 ? GRAY : PIXELS;
  const decode = resampler === 'bilinear' ? decodeBilinear : decodeAntialiased;
  const resized = decode(kernels, source, bytesPerPixel, placed);
  const whole = resized && frame(kernels, resized, placed, target);
  if (whole === undefined) return undefined;
  if (channels === 1) return sourceOf(kernels, whole.address, 1, target);
  const count = target.height * target.width;
  const planes = takeShifted(kernels, PLANES * count, shift);
  if (planes === undefined) return undefined;
  kernels.pixels.planesOfPixels(whole.address, count, planes);
  return sourceOf(kernels, planes, channels, target);
}

/** Decodes a part and resizes it as OpenCV does. */
function decodeBilinear(kernels: ImageKernels, source: Box, bytesPerPixel: number, target: Size): Placed | undefined {
  if (source.height === target.height && source.width === target.width) {
    return decodeWhole(kernels, source, bytesPerPixel);
  }
  if (source.height === 2 * target.height && source.width === 2 * target.width) {
    const image = decodeWhole(kernels, source, bytesPerPixel);
    return image && halve(kernels, image, target);
  }
  return decodeBlended(kernels, source, bytesPerPixel, target);
}

/** Decodes and resizes a part in one pass: rows that do not contribute to the result are never converted to pixels. */
function decodeBlended(
  kernels: ImageKernels,
  { top, left, height: rows, width: columns }: Box,
  bytesPerPixel: number,
  { height, width }: Size,
): Placed | undefined {
  const { jpeg } = kernels;
  const out = kernels.take(height * width * bytesPerPixel);
  const work = kernels.take(jpeg.workBytes());
  const rowBytes = PIXELS * columns + jpeg.spareBytes() + 16;
  const scratch = kernels.take(rowBytes + bilinearScratchBytes(width, bytesPerPixel));
  if (out === undefined || work === undefined || scratch === undefined) return undefined;
  const isSound = jpeg.decodeBilinear(work, out, bytesPerPixel, top, left, rows, columns, height, width, scratch);
  return isSound ? { address: out, bytesPerPixel, height, width } : undefined;
}

function halve(kernels: ImageKernels, image: Placed, { height, width }: Size): Placed | undefined {
  const { address, bytesPerPixel } = image;
  const out = kernels.take(height * width * bytesPerPixel);
  if (out === undefined) return undefined;
  kernels.pixels.halve(address, image.width, bytesPerPixel, out, width, height);
  return { address: out, bytesPerPixel, height, width };
}

/** Decodes a part and resizes it as Pillow does. */
function decodeAntialiased(
  kernels: ImageKernels,
  source: Box,
  bytesPerPixel: number,
  target: Size,
): Placed | undefined {
  const { across, down } = antialiasedWindows(source, target);
  const wide =
    across && bytesPerPixel === PIXELS
      ? decodeAlongRows(kernels, source, target.width)
      : alongRows(kernels, decodeWhole(kernels, source, bytesPerPixel), target.width, across);
  return alongColumns(kernels, wide, target.height, down);
}

/** Decodes a part and resizes its rows in one pass. */
function decodeAlongRows(kernels: ImageKernels, source: Box, width: number): Placed | undefined {
  const { jpeg } = kernels;
  const { top, left, height: rows, width: columns } = source;
  const { groups, ...windows } = pixelWindowsFor(columns, width);
  const out = kernels.take(rows * width * PIXELS);
  const work = kernels.take(jpeg.workBytes());
  const scratch = kernels.take(PIXELS * columns + jpeg.spareBytes());
  const ranges = kernels.place(windows.ranges);
  const weights = kernels.place(windows.weights);
  if ([out, work, scratch, ranges, weights].includes(undefined)) return undefined;
  const isSound = jpeg.decodeAlongRows(
    work!,
    out!,
    top,
    left,
    rows,
    columns,
    width,
    ranges!,
    weights!,
    groups,
    scratch!,
  );
  return isSound ? { address: out!, bytesPerPixel: PIXELS, height: rows, width } : undefined;
}

/** Decodes a complete part. */
function decodeWhole(kernels: ImageKernels, source: Box, bytesPerPixel: number): Placed | undefined {
  const address = decodePart(kernels, source, bytesPerPixel);
  return address === undefined ? undefined : { address, bytesPerPixel, height: source.height, width: source.width };
}

function alongRows(
  kernels: ImageKernels,
  image: Placed | undefined,
  to: number,
  windows: Windows | undefined,
): Placed | undefined {
  if (!image || !windows) return image;
  const { address, bytesPerPixel, height, width } = image;
  const out = kernels.take(height * to * bytesPerPixel);
  const ranges = kernels.place(windows.ranges);
  const weights = kernels.place(windows.weights);
  if (out === undefined || ranges === undefined || weights === undefined) return undefined;
  kernels.pixels.alongRows(address, width, height, bytesPerPixel, out, to, ranges, weights, windows.most);
  return { address: out, bytesPerPixel, height, width: to };
}

function alongColumns(
  kernels: ImageKernels,
  image: Placed | undefined,
  to: number,
  windows: Windows | undefined,
): Placed | undefined {
  if (!image || !windows) return image;
  const { address, bytesPerPixel, width } = image;
  const out = kernels.take(to * width * bytesPerPixel);
  const ranges = kernels.place(windows.ranges);
  const weights = kernels.place(windows.weights);
  if (out === undefined || ranges === undefined || weights === undefined) return undefined;
  kernels.pixels.alongColumns(address, width * bytesPerPixel, out, to, ranges, weights, windows.most);
  return { address: out, bytesPerPixel, height: to, width };
}

/** Puts an image on a larger black one. */
function frame(kernels: ImageKernels, image: Placed, { top, left }: Box, target: Size): Placed | undefined {
  if (image.height === target.height && image.width === target.width) return image;
  const { bytesPerPixel } = image;
  const rowBytes = target.width * bytesPerPixel;
  const out = kernels.take(target.height * rowBytes);
  if (out === undefined) return undefined;
  const whole = kernels.view(out, target.height * rowBytes).fill(0);
  const bytes = image.width * bytesPerPixel;
  for (let y = 0; y < image.height; y++) {
    whole.set(kernels.view(image.address + y * bytes, bytes), (top + y) * rowBytes + left * bytesPerPixel);
  }
  return { address: out, bytesPerPixel, height: target.height, width: target.width };
}
