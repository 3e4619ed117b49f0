/** Resizing: which part of an image goes where, antialiased as Pillow does it or plain bilinear as OpenCV does. */
import type { Pixels } from './image';
import { resizeAntialiased } from './resize-antialiased';
import { resizeBilinear } from './resize-bilinear';

/** 'squash' ignores the aspect ratio (Caffe), 'crop' cuts what sticks out, 'fill' adds black borders. */
export type FitMode = 'squash' | 'crop' | 'fill';

/** 'antialiased' averages all pixels under the target's (triangle filter); 'bilinear' is cv::resize's default, as Caffe uses. */
export type Resampler = 'antialiased' | 'bilinear';

export interface Size {
  height: number;
  width: number;
}

/** A part of an image. */
export interface Box extends Size {
  top: number;
  left: number;
}

/** How images become those of one size. */
export interface Resize {
  target: Size;
  fit: FitMode;
  resampler: Resampler;
}

/** Resizes interleaved pixels. */
export function resizePixels(pixels: Pixels, { target, fit, resampler }: Resize): Pixels {
  if (pixels.height === target.height && pixels.width === target.width) return pixels;
  const { source, placed } = planResize(pixels, target, fit);
  const part = cut(pixels, source);
  const resized = resampler === 'bilinear' ? resizeBilinear(part, placed) : resizeAntialiased(part, placed);
  return place(resized, placed, target);
}

/** Chooses the part of the image to take and where it comes to lie in the target. */
export function planResize(image: Size, target: Size, fit: FitMode): { source: Box; placed: Box } {
  const whole = { top: 0, left: 0, height: image.height, width: image.width };
  const all = { top: 0, left: 0, height: target.height, width: target.width };
  const scaleY = target.height / image.height;
  const scaleX = target.width / image.width;
  if (fit === 'crop') {
    const scale = Math.max(scaleX, scaleY);
    const height = Math.max(1, Math.min(image.height, Math.round(target.height / scale)));
    const width = Math.max(1, Math.min(image.width, Math.round(target.width / scale)));
    return { source: centered(height, width, image), placed: all };
  }
  if (fit === 'fill') {
    const scale = Math.min(scaleX, scaleY);
    const height = Math.max(1, Math.min(target.height, Math.round(image.height * scale)));
    const width = Math.max(1, Math.min(target.width, Math.round(image.width * scale)));
    return { source: whole, placed: centered(height, width, target) };
  }
  return { source: whole, placed: all };
}

function centered(height: number, width: number, within: Size): Box {
  return { top: (within.height - height) >> 1, left: (within.width - width) >> 1, height, width };
}

function cut(pixels: Pixels, box: Box): Pixels {
  if (box.height === pixels.height && box.width === pixels.width) return pixels;
  const rowBytes = box.width * pixels.channels;
  const data = new Uint8Array(box.height * rowBytes);
  for (let y = 0; y < box.height; y++) {
    const from = ((box.top + y) * pixels.width + box.left) * pixels.channels;
    data.set(pixels.data.subarray(from, from + rowBytes), y * rowBytes);
  }
  return { data, channels: pixels.channels, height: box.height, width: box.width };
}

function place(pixels: Pixels, box: Box, target: Size): Pixels {
  if (box.height === target.height && box.width === target.width) return pixels;
  const rowBytes = box.width * pixels.channels;
  const data = new Uint8Array(target.height * target.width * pixels.channels);
  for (let y = 0; y < box.height; y++) {
    const to = ((box.top + y) * target.width + box.left) * pixels.channels;
    data.set(pixels.data.subarray(y * rowBytes, (y + 1) * rowBytes), to);
  }
  return { data, channels: pixels.channels, ...target };
}
