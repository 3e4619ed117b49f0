/** One image file to one Datum message, as convert_imageset makes it. */
import fs from 'node:fs';
import path from 'node:path';
import { type ConvertPlan, imageTypeOf } from './convert-options';
import { NO_BYTES } from './datum';
import { encodeDatum, RawEncoder } from './encode-datum';
import { describe, ImageError, reasonOf } from './errors';
import { decodeImage, encodeImage, type Pixels, toPlanarBgr } from './image';
import { type ImageKernels, imageKernels } from './image-kernels';
import type { ImageFile } from './image-list';
import { decodeJpeg } from './jpeg';
import { assertSize, NotOrdinaryError, pathText, readRest, sayOf, withRegularFile } from './regular-file';
import { resizePixels } from './resize';

/** A Datum message and the size of its image as `CxHxW`, or why there is none. */
export type Converted = { message: Uint8Array; size: string } | { skipped: string };

/** More than any image has whose pixels are decoded. */
const MOST_FILE_BYTES = 1 << 30;

/** Gives the memory for a message. */
type Allocate = (bytes: number) => Uint8Array;

/** Converts an image. A damaged one is skipped, with the reason; anything else (sharp is missing, say) is thrown. */
export function convertImage(image: ImageFile, plan: ConvertPlan, allocate: Allocate): Converted | Promise<Converted> {
  if (image.name === '') return { skipped: `${pathText(image.path)}: a blank line of the list.` };
  const kernels = plan.encoded ? undefined : imageKernels();
  const room = kernels?.room ?? NO_BYTES;
  try {
    return reading(image, () =>
      withRegularFile(image.path, (fd, bytes) => {
        assertSize(bytes, MOST_FILE_BYTES);
        // One call brings most files whole. For a decoder that notices if it doesn't that is enough.
        const start = room.subarray(0, fs.readSync(fd, room, 0, room.length, null));
        const converted = kernels && convertOrdinaryJpeg(kernels, start, image.label, plan, allocate);
        if (converted) return converted;
        const file = Buffer.concat([start, readRest(fd, Math.max(0, bytes - start.length), MOST_FILE_BYTES)]);
        return convertBySharp(file, image, plan, allocate);
      }),
    );
  } catch (error) {
    return skipDamaged(error);
  }
}

/** A raw record of an ordinary JPEG, from file to pixels in one memory. Most images are such, and for them nothing is awaited. */
function convertOrdinaryJpeg(
  kernels: ImageKernels,
  file: Uint8Array,
  label: number,
  plan: ConvertPlan,
  allocate: Allocate,
): Converted | undefined {
  const planes = decodeJpeg(kernels, file, { channels: plan.gray ? 1 : 3, resize: plan.resize, orient: true });
  if (!planes) return undefined;
  const { channels, height, width } = planes;
  if (encoder?.channels !== channels || encoder.height !== height || encoder.width !== width) {
    encoder = new RawEncoder(channels, height, width);
  }
  const message = encoder.encode(planes.data as Uint8Array, label, allocate);
  return { message, size: `${channels}x${height}x${width}` };
}

/** For the size of the last image, which mostly is that of the next one. */
let encoder: RawEncoder | undefined;

async function convertBySharp(
  file: Uint8Array,
  image: ImageFile,
  plan: ConvertPlan,
  allocate: Allocate,
): Promise<Converted> {
  try {
    const decoded = await decodeImage(file, {
      mode: plan.gray ? 'gray' : 'color',
      orient: true,
      background: plan.background,
      name: pathText(image.path),
    });
    const pixels = plan.resize ? resizePixels(decoded, plan.resize) : decoded;
    const { channels, height, width } = pixels;
    const { label } = image;
    const datum = plan.encoded
      ? { data: await encodedBytes(image, file, pixels, plan), label, encoded: true }
      : { channels, height, width, data: toPlanarBgr(pixels), label };
    return { message: encodeDatum(datum, image.name, allocate), size: `${channels}x${height}x${width}` };
  } catch (error) {
    return skipDamaged(error);
  }
}

/** Why there is no message. @throws the error, if it isn't about the image. */
function skipDamaged(error: unknown): Converted {
  if (error instanceof ImageError) return { skipped: reasonOf(error) };
  throw error;
}

/**
 * Reads an image's file. That is synchronous: a thread that converts has nothing else to do meanwhile, and it costs a fifth of what the
 * asynchronous calls do.
 */
function reading<T>(image: ImageFile, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    const isOfFile = cause instanceof NotOrdinaryError || (cause instanceof Error && 'syscall' in cause);
    if (!isOfFile) throw cause;
    throw new ImageError(`${pathText(image.path)} ${sayOf(cause)}.`, { path: pathText(image.path), cause });
  }
}

/** Without a resize, a file that is of the wanted kind already is stored byte by byte, as Caffe does. */
async function encodedBytes(
  image: ImageFile,
  file: Uint8Array,
  pixels: Pixels,
  plan: ConvertPlan,
): Promise<Uint8Array> {
  const extension = path.extname(image.name).slice(1).toLowerCase();
  const wanted = plan.encodeType || extension;
  const type = imageTypeOf(wanted);
  if (!type) {
    throw new ImageError(
      `${pathText(image.path)}: expected a file name that tells the kind of image to store, received ${describe(extension)}; choose the kind to store.`,
    );
  }
  const mayHaveAlpha = plan.background !== undefined && type !== 'jpeg';
  if (!plan.resize && !mayHaveAlpha && imageTypeOf(extension) === type) return file;
  return encodeImage(pixels, type);
}
