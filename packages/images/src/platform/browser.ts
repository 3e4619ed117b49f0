/** What browsers do instead of node.ts: they decode and encode with createImageBitmap and canvases, and fetch files. */

import type { DecodeImageOptions } from '../codecs/decode-options';
import { doesNotDecode, PlatformError } from '../errors';
import { fetchBytes } from '../files/fetch-bytes';
import { readJpegHeader } from '../kind/jpeg';
import { describeImage, type ImageSize } from '../kind/kind';
import { contextOf, drawPixels, imageDataOf, newCanvas } from '../pixels/canvas';
import { toColor, toGray } from '../pixels/channels';
import type { Pixels } from '../pixels/pixels';

/** The part of an ImageBitmap that is used. */
interface Bitmap {
  readonly width: number;
  readonly height: number;
  close(): void;
}

type CreateBitmap = (file: Blob, options: Record<string, string>) => Promise<Bitmap>;

/** Decodes a file as the browser does, without its color profile. @throws BadImageError BAD_IMAGE */
export async function decodeOther(
  file: Uint8Array,
  { kind }: ImageSize,
  { orient = false, name, maxPixels }: DecodeImageOptions & { name: string; maxPixels: number },
): Promise<Pixels> {
  const { createImageBitmap } = globalThis as unknown as { createImageBitmap: CreateBitmap };
  const bitmap = await createImageBitmap(new Blob([file as Uint8Array<ArrayBuffer>], { type: `image/${kind}` }), {
    colorSpaceConversion: 'none',
    premultiplyAlpha: 'none',
    imageOrientation: orient ? 'from-image' : 'none',
  }).catch((cause) => {
    throw doesNotDecode(name, describeImage(file), cause);
  });
  try {
    if (bitmap.width * bitmap.height > maxPixels) throw doesNotDecode(name, `${bitmap.width}x${bitmap.height} pixels`);
    const pixels = drawPixels(bitmap, bitmap);
    if (kind === 'jpeg') return readJpegHeader(file)?.components === 1 ? toGray(pixels) : toColor(pixels);
    return isOpaque(pixels.data) ? toColor(pixels) : pixels;
  } finally {
    bitmap.close();
  }
}

function isOpaque(rgba: Uint8Array): boolean {
  for (let i = 3; i < rgba.length; i += 4) if (rgba[i] !== 255) return false;
  return true;
}

/** Encodes pixels with a canvas. */
export async function encodeFile(pixels: Pixels, kind: string, quality: number): Promise<Uint8Array> {
  const { width, height } = pixels;
  const canvas = newCanvas(width, height);
  contextOf(canvas).putImageData(imageDataOf(pixels), 0, 0);
  const blob = await canvas.convertToBlob({ type: `image/${kind}`, quality: quality / 100 });
  return new Uint8Array(await blob.arrayBuffer());
}

/** Encodes pixels as a PNG file. */
export function pngFile(pixels: Pixels): Promise<Uint8Array> {
  return encodeFile(pixels, 'png', 100);
}

/** Fetches the file at an address. */
export function readBytes(place: string | Uint8Array | URL, mostBytes: number): Promise<Uint8Array> {
  return fetchBytes(String(place), mostBytes);
}

/** Refuses: sharp is a library for Node.js. */
export async function loadSharp(): Promise<never> {
  throw new PlatformError({
    state: 'sharp only runs in Node.js',
    todo: 'use readImage(), which also works in browsers',
  });
}

/** Refuses: a page has no folders. */
export function listPlace(place: string): never {
  throw new PlatformError({
    state: `A browser page cannot look into ${place}`,
    todo: 'pass imageFolder() a list of files, such as those of an <input type="file" multiple>',
  });
}

/** Refuses: a page has no archives. */
export async function openPlaces(places: readonly string[]): Promise<never> {
  return listPlace(places.join(', '));
}

/** Refuses: a page has no archives. */
export function readPackedFile(): never {
  return listPlace('an archive');
}

/** Returns an address unchanged. */
export const pathText = String;
