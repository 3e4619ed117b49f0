/** The part of canvases that is used: to get the pixels of drawable objects, and to encode pixels. */

import { PlatformError } from '../errors';
import { toRgba } from './channels';
import type { Pixels, Size } from './pixels';

/** The pixels of a canvas: RGBA, not premultiplied. */
export interface ImageDataLike {
  readonly data: Uint8ClampedArray;
  readonly width: number;
  readonly height: number;
}

/** The part of a 2D context that is used. */
interface Context {
  drawImage(source: object, x: number, y: number): void;
  getImageData(x: number, y: number, width: number, height: number): { readonly data: Uint8ClampedArray };
  putImageData(data: object, x: number, y: number): void;
}

/** The part of an OffscreenCanvas that is used. */
export interface Canvas {
  getContext(kind: '2d', options?: object): Context | null;
  convertToBlob(options: { readonly type: string; readonly quality?: number }): Promise<Blob>;
}

/** Creates a canvas. @throws PlatformError WRONG_PLATFORM if there are none */
export function newCanvas(width: number, height: number): Canvas {
  const { OffscreenCanvas } = globalThis as { OffscreenCanvas?: new (width: number, height: number) => Canvas };
  if (OffscreenCanvas) return new OffscreenCanvas(width, height);
  throw new PlatformError({
    state: 'OffscreenCanvas, which is needed to read the pixels of images, is missing here',
    todo: 'pass pixels, such as an ImageData, or use readImage() for a file',
  });
}

/** Returns the context for reading a canvas. */
export function contextOf(canvas: Pick<Canvas, 'getContext'>): Context {
  const context = canvas.getContext('2d', { willReadFrequently: true });
  if (context && typeof context.getImageData === 'function') return context;
  throw new PlatformError({
    state: 'This canvas has no 2D context, perhaps because it already has another one',
    todo: 'draw it on another canvas',
  });
}

/** Returns the pixels of a canvas, or of an object that a canvas can draw, as RGBA. */
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

/** Returns pixels as an object that a canvas can draw: an ImageData if there is such a class, otherwise an object with the same fields. */
export function imageDataOf(pixels: Pixels): ImageDataLike {
  const data = Uint8ClampedArray.from(toRgba(pixels).data);
  const { width, height } = pixels;
  const { ImageData } = globalThis as { ImageData?: new (data: Uint8ClampedArray, width: number) => ImageDataLike };
  return ImageData ? new ImageData(data, width) : { data, width, height };
}
