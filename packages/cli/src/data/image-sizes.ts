/** Which sizes the images of a database may have, and the error and advice if they have others. */
import { CliError } from '../shell/cli-error';
import { formatCount, formatNumberOf } from '../shell/terminal';
import type { SizeCount } from './record-scan';

/** The size of crops taken from images. */
export interface Sides {
  readonly height: number;
  readonly width: number;
}

/** The sizes that images may have: that of the first, at least that of the crop, or any. */
export type SizeRule = Sides | 'any' | undefined;

/** Throws MIXED_SIZES unless all images have the channels of the first one and a size that the rule allows. */
export function checkSizes(path: string, sizes: readonly SizeCount[], rule: SizeRule): void {
  const [first] = sizes;
  const crop = rule === 'any' ? undefined : rule;
  const isAlike = ({ channels, height, width }: SizeCount) =>
    channels === first.channels &&
    (rule === 'any' ||
      (crop ? height >= crop.height && width >= crop.width : height === first.height && width === first.width));
  const other = sizes.find((size) => !isAlike(size));
  if (!other) return;
  const counts = sizes.map((size) => `${formatSize(size)} (${formatCount(size.count)})`);
  const all = sizes.length > 2 ? ` - in all ${counts.slice(0, 6).join(', ')}${counts.length > 6 ? ' ...' : ''}` : '';
  const wanted = crop ? `at least ${formatSize({ ...crop, channels: first.channels })}` : formatSize(first);
  const expected = `${wanted} (channels x height x width)${crop ? ' to crop from' : ', like the first image'}`;
  throw new CliError(
    'MIXED_SIZES',
    `${path}: key ${other.key}: expected ${expected}, received ${formatSize(other)}${all}; ${mixedAdvice(path, sizes, crop)}.`,
  );
}

/** Returns the advice for images of different sizes or channels. */
function mixedAdvice(path: string, sizes: readonly SizeCount[], crop: Sides | undefined): string {
  const [{ height, width }] = sizes;
  const channels = new Set(sizes.map((size) => size.channels));
  const isImage = [...channels].every((count) => count === 1 || count === 3 || count === 4);
  const size = `${Math.max(height, crop?.height ?? 0)}x${Math.max(width, crop?.width ?? 0)}`;
  const resize = `ae resize ${path} <out.lmdb> ${size}`;
  if (channels.size > 1) {
    if (!isImage) return 'these are records of different kinds; keep each kind in its own database';
    return `convert them all to gray with ${resize} --gray, or to color without --gray`;
  }
  if (!isImage) return 'recreate the database from records of one size';
  if (crop) return `crop less, or resize them with ${resize}`;
  const least = (side: 'height' | 'width') => Math.min(...sizes.map((size) => size[side]));
  return `resize them with ${resize}, or train on crops of one size with --crop ${least('height')}x${least('width')}`;
}

/** A sample's size in Caffe's order, channels first: 3x64x64. */
export function formatSize({ channels, height, width }: { channels: number; height: number; width: number }): string {
  return `${channels}x${height}x${width}`;
}

/** What is checked against the size that a network takes: a SampleDatabase. */
interface Shaped {
  readonly path: string;
  readonly shape: readonly [height: number, width: number, channels: number];
  readonly isMixed: boolean;
}

/**
 * Throws unless the images have the size that a network takes; `network` says which network it is, and `advice` what to do if only the size
 * differs.
 */
export function assertShape(database: Shaped, shape: readonly number[], network: string, advice?: string): void {
  if (!database.isMixed && database.shape.every((size, i) => size === shape[i])) return;
  const size = ([height, width, channels]: readonly number[]) => formatSize({ channels, height, width });
  const todo = (database.shape[2] === shape[2] && advice) || shapeAdvice(database, shape);
  throw new CliError(
    'SHAPE_MISMATCH',
    `${database.path}: expected images of ${size(shape)} (channels x height x width) for ${network}, ` +
      `received ${size(database.shape)}; ${todo}.`,
  );
}

/** Returns the advice for images that do not fit a network, depending on what differs. */
function shapeAdvice({ path, shape: found }: Shaped, [height, width, channels]: readonly number[]): string {
  const gray = channels === 1 ? ' --gray' : '';
  const isImage = [1, 3].includes(channels) && [1, 3, 4].includes(found[2]);
  if (found[2] !== channels && !isImage)
    return `name images of ${formatNumberOf(channels, 'channel')}, or choose another network`;
  const resize = `ae resize ${path} <out.lmdb> ${height}x${width}${gray}`;
  if (found[2] === channels)
    return `import with --resize ${height}x${width}${gray}, use ${resize}, or choose another network, such as one with --preset transform, which takes any size`;
  return `convert them to ${channels === 1 ? 'gray' : 'color'} with ${resize}, or choose another network`;
}
