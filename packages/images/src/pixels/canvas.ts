/** Canvases, as far as they are used: pixels of what can be drawn, and files of pixels. */

import { PlatformError } from '../errors';
import { toRgba } from './channels';
import type { Pixels, Size } from './pixels';

/** The pixels of a canvas: RGBA, alpha not multiplied in. */
export interface ImageDataLike {
  readonly data: Uint8ClampedArray;
  readonly width: number;
  readonly height: number;
}

/** What is used of a 2D context. */
interface Context {
  drawImage(source: object, x: number, y: number): void;
  getImageData(x: number, y: number, width: number, height: number): { readonly data: Uint8ClampedArray };
  putImageData(data: object, x: number, y: number): void;
}

/** What is used of an OffscreenCanvas. */
export interface Canvas {
  getContext(kind: '2d', options?: object): Context | null;
  convertToBlob(options: { readonly type: string; readonly quality?: number }): Promise<Blob>;
}

/** Makes a canvas. @throws PlatformError WRONG_PLATFORM where there are none */
export function newCanvas(width: number, height: number): Canvas {
  const { OffscreenCanvas } = globalThis as { OffscreenCanvas?: new (width: number, height: number) => Canvas };
  if (OffscreenCanvas) return new OffscreenCanvas(width, height);
  throw new PlatformError({
    state: 'OffscreenCanvas, which is needed to read the pixels of images, is missing here',
    todo: 'pass pixels, such as an ImageData, or use readImage() for a file',
  });
}

/** Returns the context of a canvas that is read. */
export function contextOf(canvas: Pick<Canvas, 'getContext'>): Context {
  const context = canvas.getContext('2d', { willReadFrequently: true });
  if (context && typeof context.getImageData === 'function') return context;
  throw new PlatformError({
    state: 'This canvas has no 2D context, perhaps because it already has another one',
    todo: 'draw it on another canvas',
  });
}

/** Returns the pixels of a canvas, or of what a canvas can draw, RGBA. */
export function drawPixels(source: object, { width, height }: Size): Pixels {
  if (!(width >= 1 && height >= 1)) {
    throw new PlatformError({ state: 'The image has no size yet', todo: 'wait until it is loaded' });
  }
  const isCanvas = typeof (source as Canvas).getContext === 'function';
  const context = contextOf(isCanvas ? (source as Canvas) : newCanvas(width, height));
  if (!isCanvas) context.drawImage(source, 0, 0);
  const { data } = context.getImageData(0, 0, width, height);
  return { data: new Uint8Array(data.buffer, data.byteOffset, data.length), width, height, channels: 4 };
}

/** Returns pixels as what a canvas draws: an ImageData where there is such a class, and otherwise an object with the same fields. */
export function imageDataOf(pixels: Pixels): ImageDataLike {
  const data = Uint8ClampedArray.from(toRgba(pixels).data);
  const { width, height } = pixels;
  const { ImageData } = globalThis as { ImageData?: new (data: Uint8ClampedArray, width: number) => ImageDataLike };
  return ImageData ? new ImageData(data, width) : { data, width, height };
}
