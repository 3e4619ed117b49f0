/** Resizes images: antialiased as in Pillow, or plain bilinear as in OpenCV. */
import { checkPixels } from '../pixels/checks';
import type { Box, Pixels, Size } from '../pixels/pixels';
import { resizeAntialiased } from './antialiased';
import { resizeBilinear } from './bilinear';
import { checkResize } from './options';
import { planResize, type Resize } from './plan';

/** Resizes interleaved pixels. @throws InvalidOptionError INVALID_OPTION */
export function resizePixels(pixels: Pixels, resize: Resize): Pixels {
  checkPixels('resizePixels', pixels);
  const { target, fit, resampler } = resize ?? {};
  checkResize('resizePixels', { ...target, fit, resampler });
  if (pixels.height === target.height && pixels.width === target.width) return pixels;
  const { source, placed } = planResize(pixels, target, fit);
  const part = cut(pixels, source);
  const resized = resampler === 'bilinear' ? resizeBilinear(part, placed) : resizeAntialiased(part, placed);
  return place(resized, placed, target);
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
