import { checkKeys, checkWhole, checkWord } from '../pixels/checks';
import type { FitMode, Resampler, Resize } from './plan';

/** How an image is brought to another size. */
export interface ResizeOptions {
  /**
   * 'squash' ignores the aspect ratio, 'crop' cuts off what does not fit, 'fill' adds black borders. Default 'squash', as in Caffe and `ae
   * import`.
   */
  readonly fit?: FitMode;
  /** 'antialiased' averages all pixels (Pillow's BILINEAR), 'bilinear' uses the four nearest ones (cv::resize). Default 'antialiased'. */
  readonly resampler?: Resampler;
}

/** A size, and how an image is brought to it. */
export interface SizedResize extends ResizeOptions {
  readonly width: number;
  readonly height: number;
}

const mostSide = 65_500;
const known = ['width', 'height', 'fit', 'resampler'];

/** @throws InvalidOptionError INVALID_OPTION */
export function checkResize(where: string, options: SizedResize): Resize {
  checkKeys(where, options, known);
  const { width, height, fit = 'squash', resampler = 'antialiased' } = options;
  checkWhole(`${where}, width`, width, mostSide);
  checkWhole(`${where}, height`, height, mostSide);
  checkWord('fit', fit, ['squash', 'crop', 'fill']);
  checkWord('resampler', resampler, ['antialiased', 'bilinear']);
  return { target: { height, width }, fit, resampler };
}
