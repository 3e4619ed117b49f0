/** Recognizes objects that contain pixels by their fields, and returns their pixels. */

import { refused } from '../errors';
import { drawPixels, type ImageDataLike } from './canvas';
import type { Pixels } from './pixels';

/** The result of sharp's `raw().toBuffer({ resolveWithObject: true })`. */
export interface SharpRaw {
  readonly data: Uint8Array;
  readonly info: { readonly width: number; readonly height: number; readonly channels: number };
}

/** Interleaved pixels with their number of channels, such as those of transformers.js. */
export interface InterleavedPixels {
  readonly data: Uint8Array | Uint8ClampedArray;
  readonly width: number;
  readonly height: number;
  readonly channels: number;
}

/** A canvas of a page, of a worker, or of a package for Node.js. */
export interface CanvasLike {
  readonly width: number;
  readonly height: number;
  getContext(kind: '2d'): unknown;
}

/** Objects that a canvas can draw: ImageBitmap, image and video elements, VideoFrame. */
export type Drawable =
  | { readonly width: number; readonly height: number; close(): void }
  | { readonly naturalWidth: number; readonly naturalHeight: number }
  | { readonly videoWidth: number; readonly videoHeight: number }
  | { readonly displayWidth: number; readonly displayHeight: number };

/** Pixels that `fromPixels` takes: image data, canvases, bitmaps, image and video elements, frames, and sharp's raw output. */
export type PixelSource = ImageDataLike | SharpRaw | InterleavedPixels | CanvasLike | Drawable;

/** All the fields by which sources are recognized. */
interface Fields {
  readonly [field: string]: unknown;
}

/**
 * Names the kind of an object that contains pixels. An object with the fields of planar pixels but sharp's additional ones is not planar:
 * sharp's output is interleaved.
 */
export function kindOfPixels(
  value: unknown,
): 'sharp' | 'image data' | 'interleaved' | 'canvas' | 'drawable' | 'marked' | undefined {
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return undefined;
  const of = value as Fields;
  if (isBytes(of.data)) {
    if (typeof of.info === 'object' && of.info !== null) return 'sharp';
    if (typeof of.width !== 'number' || typeof of.height !== 'number') return undefined;
    if (typeof of.channels !== 'number') return of.data instanceof Uint8ClampedArray ? 'image data' : undefined;
    if (of.constructor?.name === 'RawImage') return 'interleaved';
    return sharpMarks.some((mark) => mark in of) || of.data instanceof Uint8ClampedArray ? 'marked' : undefined;
  }
  if (typeof of.getContext === 'function') return 'canvas';
  const isDrawable = sizes.some(([width]) => typeof of[width] === 'number') || isBitmap(of);
  return isDrawable ? 'drawable' : undefined;
}

/** What sharp's `info` contains besides a size. */
const sharpMarks = ['premultiplied', 'format', 'size', 'depth', 'hasAlpha', 'space'];

/** Where drawable objects store their own size. */
const sizes = [
  ['naturalWidth', 'naturalHeight'],
  ['videoWidth', 'videoHeight'],
  ['displayWidth', 'displayHeight'],
] as const;

function isBitmap({ width, height, close }: Fields): boolean {
  return typeof width === 'number' && typeof height === 'number' && typeof close === 'function';
}

function isBytes(data: unknown): data is Uint8Array | Uint8ClampedArray {
  return data instanceof Uint8Array || data instanceof Uint8ClampedArray;
}

/** Returns the pixels of a source; see `fromPixels`. */
export function pixelsOf(source: unknown): Pixels {
  const of = source as Fields;
  switch (kindOfPixels(source)) {
    case 'sharp':
      return checked({ ...(of.info as object), data: of.data as Uint8Array } as Pixels);
    case 'image data':
      return checked({ ...sizeOf(of), data: of.data as Uint8ClampedArray, channels: 4 });
    case 'canvas':
    case 'drawable':
      return checked(drawPixels(source as object, drawnSize(of)));
    default:
      if (isInterleaved(of)) return checked(of);
      throw refused('fromPixels', expected, source, adviceFor(source));
  }
}

const expected = "an ImageData, a canvas, an ImageBitmap, an image, a video, or sharp's raw output { data, info }";

/** Says what to do instead. */
function adviceFor(source: unknown): string | undefined {
  const isFile =
    typeof source === 'string' || source instanceof URL || source instanceof Uint8Array || source instanceof Blob;
  if (isFile) return 'readImage() reads files and their bytes';
  const { toBuffer } = (source ?? {}) as Fields;
  return typeof toBuffer === 'function'
    ? 'for a sharp object, use await image.raw().toBuffer({ resolveWithObject: true })'
    : undefined;
}

function isInterleaved(of: Fields): of is Fields & InterleavedPixels {
  const sides = [of?.width, of?.height, of?.channels];
  return isBytes(of?.data) && sides.every((side) => typeof side === 'number');
}

function sizeOf({ width, height }: Fields): { width: number; height: number } {
  return { width: width as number, height: height as number };
}

function drawnSize(of: Fields): { width: number; height: number } {
  const [width, height] = sizes.find(([side]) => typeof of[side] === 'number') ?? ['width', 'height'];
  return { width: of[width] as number, height: of[height] as number };
}

/** Refuses pixels whose number of bytes does not match their size, such as sharp's 16-bit output. */
function checked({ data, width, height, channels }: InterleavedPixels): Pixels {
  const bytes = width * height * channels;
  if (![1, 2, 3, 4].includes(channels)) throw refused('fromPixels', '1 to 4 channels', channels);
  if (!(width >= 1 && height >= 1) || data.length !== bytes) {
    const size = `${width}x${height} pixels of ${channels} channels, ${bytes} bytes of 8 bits`;
    throw refused('fromPixels', size, data);
  }
  const all = data instanceof Uint8Array ? data : new Uint8Array(data.buffer, data.byteOffset, data.length);
  return { data: all, width, height, channels };
}
