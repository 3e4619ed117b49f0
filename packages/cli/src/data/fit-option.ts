/** Flags for images that a command imports by itself. */
import { Option } from 'commander';
import { choiceOption, type ImageSize, parseSize } from '../shell/options';

/** How images are brought to a size. */
export interface FitFlags {
  readonly fit?: 'squash' | 'crop' | 'fill';
  readonly resampler?: 'antialiased' | 'bilinear';
}

/** Flags of commands that import images to any size. */
export interface ImportFlags extends FitFlags {
  readonly resize?: ImageSize;
  readonly gray?: boolean;
}

/** The heading of these flags in the help. */
export const importHeading = 'Images not in an LMDB:';

export function fitFlag(otherwise = "the run's, or squash"): Option {
  const modes = ['squash', 'crop', 'fill'];
  return choiceOption(
    '--fit <mode>',
    `aspect ratio: ignore it, crop to fit, or add black borders (default: ${otherwise})`,
    modes,
  );
}

export function resamplerFlag(otherwise = "the run's, or antialiased"): Option {
  const names = ['antialiased', 'bilinear'];
  return choiceOption('--resampler <name>', `smooth, or exactly Caffe's pixels (default: ${otherwise})`, names);
}

export function resizeFlag(otherwise: string): Option {
  const description = `resize all images to this size: 64, or height x width, such as 48x64 (default: ${otherwise})`;
  return new Option('--resize <size>', description).argParser((text) => parseSize('--resize', text));
}

export function grayFlag(): Option {
  return new Option('--gray', 'convert to gray: one channel instead of three');
}
