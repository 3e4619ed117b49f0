/** One image file to one Datum message, as convert_imageset makes it. */
import fs from 'node:fs';
import path from 'node:path';
import { type ConvertPlan, imageTypeOf } from './convert-options';
import { encodeDatum } from './encode-datum';
import { describe, ImageError, reasonOf } from './errors';
import { decodeImage, encodeImage, type Pixels, toPlanarBgr } from './image';
import { readJpegHeader } from './image-header';
import { imageKernels } from './image-kernels';
import type { ImageFile } from './image-list';
import { decodeJpeg } from './jpeg';
import { resizePixels } from './resize';

/** A Datum message and the size of its image as `CxHxW`, or why there is none. */
export type Converted = { message: Uint8Array; size: string } | { skipped: string };

/** Gives the memory for a message. */
type Allocate = (bytes: number) => Uint8Array;

/** Converts an image. A damaged one is skipped, with the reason; anything else (sharp is missing, say) is thrown. */
export async function convertImage(image: ImageFile, plan: ConvertPlan, allocate: Allocate): Promise<Converted> {
  try {
    const read = readFile(image);
    const converted = convertOrdinaryJpeg(read, image.label, plan, allocate);
    if (converted) return converted;
    // The next image is read while sharp decodes this one.
    const file = new Uint8Array(read);
    const decoded = await decodeImage(file, {
      mode: plan.gray ? 'gray' : 'color',
      orient: true,
      background: plan.background,
      name: image.path,
    });
    const pixels = plan.resize ? resizePixels(decoded, plan.resize) : decoded;
    const { channels, height, width } = pixels;
    const { label } = image;
    const datum = plan.encoded
      ? { data: await encodedBytes(image, file, pixels, plan), label, encoded: true }
      : { channels, height, width, data: toPlanarBgr(pixels), label };
    return { message: encodeDatum(datum, image.name, allocate), size: `${channels}x${height}x${width}` };
  } catch (error) {
    if (error instanceof ImageError) return { skipped: reasonOf(error) };
    throw error;
  }
}

/** Raw records of ordinary JPEGs, from file to pixels in one memory. */
function convertOrdinaryJpeg(
  file: Uint8Array,
  label: number,
  plan: ConvertPlan,
  allocate: Allocate,
): Converted | undefined {
  const kernels = plan.encoded || readJpegHeader(file)?.orientation !== 1 ? undefined : imageKernels();
  const planes = kernels && decodeJpeg(kernels, file, { channels: plan.gray ? 1 : 3, resize: plan.resize });
  if (!planes) return undefined;
  const { channels, height, width } = planes;
  const data = planes.data as Uint8Array;
  const message = encodeDatum({ channels, height, width, data, label }, undefined, allocate);
  return { message, size: `${channels}x${height}x${width}` };
}

let room = Buffer.allocUnsafeSlow(1 << 20);

/**
 * Reads a file into memory that is used again for the next one. A thread that converts has nothing else to do meanwhile, and this
 * costs a fifth of what the asynchronous call does.
 */
function readFile(image: ImageFile): Uint8Array {
  try {
    const fd = fs.openSync(image.path, 'r');
    try {
      let done = 0;
      for (let got = -1; got !== 0; done += got) {
        if (done === room.length) room = Buffer.concat([room], 2 * room.length);
        got = fs.readSync(fd, room, done, room.length - done, null);
      }
      return room.subarray(0, done);
    } finally {
      fs.closeSync(fd);
    }
  } catch (cause) {
    const received = image.name === '' ? 'a blank line; check the list' : `${reasonOf(cause)}; check the path`;
    throw new ImageError(`${image.path}: expected an image file, received ${received}.`, { path: image.path, cause });
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
      `${image.path}: expected a file name that tells the kind of image to store, received ${describe(extension)}; choose the kind to store.`,
    );
  }
  const mayHaveAlpha = plan.background !== undefined && type !== 'jpeg';
  if (!plan.resize && !mayHaveAlpha && imageTypeOf(extension) === type) return file;
  return encodeImage(pixels, type);
}
