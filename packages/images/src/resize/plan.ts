/** Which part of an image goes where. */
import type { Box, Size } from '../pixels/pixels';

/** 'squash' ignores the aspect ratio (Caffe), 'crop' cuts off what does not fit, 'fill' adds black borders. */
export type FitMode = 'squash' | 'crop' | 'fill';

/** 'antialiased' averages all pixels under the target's (triangle filter); 'bilinear' is the default of cv::resize, which Caffe uses. */
export type Resampler = 'antialiased' | 'bilinear';

/** How images are resized to one size. */
export interface Resize {
  target: Size;
  fit: FitMode;
  resampler: Resampler;
}

/** Chooses the part of the image to use and its position in the target. */
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
