/** Converts one image file to one Datum message, as convert_imageset does. */
import fs from 'node:fs';
import { describeImage, type ImageSize, readImageSize } from '@ae/images/kind';
import {
  assertPixels,
  BadImageError,
  decodeJpeg,
  decodingBytes,
  doesNotDecode,
  type ImageKernels,
  imageKernels,
  mostFileBytes,
  takeBudget,
} from '@ae/images/threads';
import { RawEncoder } from '../datum/encode';
import { ImageError, reasonOf } from '../errors/errors';
import {
  assertSize,
  NotOrdinaryError,
  ordinaryBytes,
  pathText,
  readPackedFile,
  readPackedStart,
  readRegularFile,
  readRest,
  sayOf,
  withOpenFile,
} from '../files/regular-file';
import type { ImageFile } from './image-file';
import type { ConvertPlan } from './options';

/** A Datum message and the size of its image as `CxHxW`, or the reason why there is none. */
export type Converted = { message: Uint8Array; size: string } | { skipped: string };

/** An image that is still being converted, and the memory that it uses meanwhile. */
export interface Converting {
  bytes: number;
  converted: Promise<Converted | undefined>;
}

/** Allocates the memory for a message. @throws NoRoomError if there is no space for more of them */
export type Allocate = (bytes: number) => Uint8Array;

/** Too many messages are waiting to be written. */
export class NoRoomError extends Error {}

/** Files of this many bytes, or of this many pixels, are read when it is their turn to be decoded. */
const largeBytes = 16 << 20;

/**
 * Converts an image. A damaged one is skipped, with the reason; any other error (such as missing sharp) is thrown.
 *
 * @returns undefined if `allocate` has no space for its message.
 */
export function convertImage(
  image: ImageFile,
  plan: ConvertPlan,
  allocate: Allocate,
): Converted | Converting | undefined {
  if (image.name === '') return { skipped: `${pathText(image.path)}: a blank line in the list.` };
  const kernels = plan.encoded ? undefined : imageKernels();
  const room = kernels?.room ?? Buffer.allocUnsafeSlow(headBytes);
  try {
    return reading(image, () =>
      withImageFile(image, room, (start, countBytes, read) => {
        const converted = kernels && convertOrdinaryJpeg(kernels, start, image.label, plan, allocate);
        if (converted) return converted;
        const fileBytes = countBytes();
        const size = assertDecodes(start, fileBytes, image, plan);
        const bytes = decodingBytes(fileBytes, size);
        const file = bytes < largeBytes ? read(fileBytes) : undefined;
        return { bytes, converted: convertOther(image, bytes, plan, allocate, file) };
      }),
    );
  } catch (error) {
    return skipDamaged(error);
  }
}

/** Enough to recognize a file; most files are not larger. */
const headBytes = 1 << 18;
/** A file may grow while it is read, but not forever. */
const slackBytes = 1 << 20;

/**
 * Calls `use` with a file's first bytes, a function that returns its size, and one that reads it completely. One read is enough for most
 * files. For a decoder that notices if it is not, that suffices, and the file's size is not queried.
 */
function withImageFile<T>(
  { path, packed }: ImageFile,
  room: Uint8Array,
  use: (start: Uint8Array, countBytes: () => number, read: (fileBytes: number) => Uint8Array) => T,
): T {
  if (packed) {
    return use(
      readPackedStart(packed, room),
      () => packed.inflatedBytes ?? packed.bytes,
      (fileBytes) => readPackedFile(packed, fileBytes),
    );
  }
  return withOpenFile(path, (fd) => {
    const start = room.subarray(0, readStart(fd, room));
    return use(
      start,
      () => ordinaryBytes(fd),
      (fileBytes) =>
        Buffer.concat([start, readRest(fd, Math.max(0, fileBytes - start.length), fileBytes + slackBytes)]),
    );
  });
}

/** Reads what there is, up to the available space. What cannot be read, such as a folder, is reported by its kind. */
function readStart(fd: number, room: Uint8Array): number {
  try {
    return fs.readSync(fd, room, 0, room.length, null);
  } catch (error) {
    ordinaryBytes(fd);
    throw error;
  }
}

/** Reads a complete file of at most this many bytes. */
function readImageFile({ path, packed }: ImageFile, mostBytes: number): Uint8Array {
  return packed ? readPackedFile(packed, mostBytes) : readRegularFile(path, mostBytes);
}

/** Checks what a file's header says before more of it is read. @throws BadImageError */
function assertDecodes(start: Uint8Array, fileBytes: number, image: ImageFile, { maxPixels }: ConvertPlan): ImageSize {
  const name = pathText(image.path);
  const size = readImageSize(start);
  if (!size) throw doesNotDecode(name, describeImage(start));
  assertPixels(name, size, maxPixels);
  assertSize(fileBytes, mostFileBytes(size, maxPixels));
  return size;
}

/**
 * Converts an ordinary JPEG to a raw record, from file to pixels in one memory. Most images are such JPEGs, and nothing is awaited for
 * them.
 */
function convertOrdinaryJpeg(
  kernels: ImageKernels,
  file: Uint8Array,
  label: number,
  plan: ConvertPlan,
  allocate: Allocate,
): Converted | undefined {
  // Pixels of most images are created where they belong in a message: see ChunkRoom.allocate.
  const shift = (encoder?.headBytes ?? 0) & 7;
  const planes = decodeJpeg(kernels, file, { channels: plan.gray ? 1 : 3, resize: plan.resize, orient: true, shift });
  if (!planes) return undefined;
  const { channels, height, width } = planes;
  if (encoder?.channels !== channels || encoder.height !== height || encoder.width !== width) {
    encoder = new RawEncoder(channels, height, width);
  }
  const message = encoder.encode(planes.data, label, allocate);
  return { message, size: `${channels}x${height}x${width}` };
}

/** For the size of the last image, which is usually that of the next one. */
let encoder: RawEncoder | undefined;

/** @param file Its bytes, unless they are to be read when there is memory for them. */
async function convertOther(
  image: ImageFile,
  bytes: number,
  plan: ConvertPlan,
  allocate: Allocate,
  file: Uint8Array | undefined,
): Promise<Converted | undefined> {
  const release = await takeBudget(bytes);
  try {
    // Loaded only if there is such a file: most threads need neither all decoders nor the time that loading them takes.
    const { convertWhole } = await import('./any-image');
    return await convertWhole(file ?? reading(image, () => readImageFile(image, bytes)), image, plan, allocate);
  } catch (error) {
    return skipDamaged(error);
  } finally {
    release();
  }
}

/** Returns why there is no message; undefined if it must wait. @throws the error, if it is not about the image */
function skipDamaged(error: unknown): Converted | undefined {
  if (error instanceof NoRoomError) return undefined;
  if (error instanceof BadImageError) return { skipped: error.sentence };
  if (error instanceof ImageError) return { skipped: reasonOf(error) };
  throw error;
}

/**
 * Reads an image's file synchronously: a converting thread has nothing else to do meanwhile, and it costs a fifth of the asynchronous
 * calls.
 */
function reading<T>(image: ImageFile, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    const isOfFile = cause instanceof NotOrdinaryError || (cause instanceof Error && 'syscall' in cause);
    if (!isOfFile) throw cause;
    const { line, hint } = image;
    const where = hint ? `: ${hint}` : line === undefined ? '' : ` (line ${line} of the list)`;
    const path = pathText(image.path);
    throw new ImageError(`${path} ${sayOf(cause)}${where}.`, { path, cause });
  }
}
