/** Options of the commands that resize images. */
import type { Option } from 'commander';
import { choiceOption, numberOption } from './options';

export interface ImageOptions {
  readonly fit: 'squash' | 'crop' | 'fill';
  readonly resampler: 'antialiased' | 'bilinear';
  readonly gray?: boolean;
  readonly workers?: number;
  readonly maxPixels?: number;
}

export function fitOption(): Option {
  const modes = ['squash', 'crop', 'fill'];
  return choiceOption('--fit <mode>', 'aspect ratio: ignore it, crop to fit, or add black borders', modes).default(
    'squash',
  );
}

export function resamplerOption(): Option {
  const names = ['antialiased', 'bilinear'];
  return choiceOption('--resampler <name>', "smooth, or exactly Caffe's pixels", names).default('antialiased');
}

export function workersOption(): Option {
  const range = { min: 0, max: 256, integer: true };
  return numberOption('--workers <n>', 'worker threads (default: enough to use all cores)', range);
}

export function maxPixelsOption(): Option {
  const range = { min: 1, max: Math.floor((2 ** 31 - 1) / 3), integer: true };
  return numberOption(
    '--max-pixels <n>',
    'refuse images with more pixels, to protect memory (default: 89478485)',
    range,
  );
}
