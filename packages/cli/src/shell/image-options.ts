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
  return choiceOption('--fit <mode>', 'aspect ratio: ignored, cut to fit, or black borders', modes).default('squash');
}

export function resamplerOption(): Option {
  const names = ['antialiased', 'bilinear'];
  return choiceOption('--resampler <name>', "smooth, or Caffe's pixels exactly", names).default('antialiased');
}

export function workersOption(): Option {
  const range = { min: 0, max: 256, integer: true };
  return numberOption('--workers <n>', 'worker threads (default: so many that all cores work)', range);
}

export function maxPixelsOption(): Option {
  const range = { min: 1, max: Math.floor((2 ** 31 - 1) / 3), integer: true };
  return numberOption('--max-pixels <n>', 'decode no larger image (default: 89478485, a guard of memory)', range);
}
