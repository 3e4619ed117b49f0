/** Parts of imports and resizes that processes share: which ones belong together, and when one is complete. */
import { completeShard, type ShardNote, type ShardSettings, writeShardNote } from '@ae/ground/shard-notes';
import { type Shard, shardPath, shardRange } from '@ae/ground/shards';
import { OutputExistsError, reasonOf, WriteError } from '../errors/errors';
import type { Damage } from '../lmdb/salvage';
import type { ImageClass, ImageFile } from './image-file';
import { digestOfImages, type SkippedImage } from './journal';
import type { ConvertPlan } from './options';

/** The note in a shard of an import. */
export interface ImportedPart {
  records: number;
  /** Sizes of the images as `CxHxW`: two of them if there are more. */
  sizes: string[];
  skipped: SkippedImage[];
  classes?: ImageClass[];
}

/** The note in a shard of a resize. */
export interface ResizedPart {
  records: number;
  damage: Damage[];
}

/** A part of the work before it is complete. */
export interface ShardWork {
  readonly kind: 'import' | 'resize' | 'convert';
  readonly shard: Shard;
  readonly settings: ShardSettings;
}

/** Returns the folder of a part, or the output itself if the work is not divided. */
export function placeOf(output: string, shard: Shard | undefined): string {
  return shard ? shardPath(output, shard) : output;
}

/** Returns the note of a complete shard; undefined if it must still be made. @throws OutputExistsError */
export function findComplete<Part>(folder: string, work: ShardWork): Part | undefined {
  const fail = (what: ConstructorParameters<typeof OutputExistsError>[0], path: string) =>
    new OutputExistsError(what, { path });
  return completeShard<Part>(folder, work, fail)?.result;
}

/** Writes the note that makes a folder a complete shard once it has its name. @throws WriteError */
export function noteComplete(folder: string, work: ShardWork, result: ImportedPart | ResizedPart | object): void {
  try {
    writeShardNote(folder, { ...work, result } satisfies ShardNote);
  } catch (cause) {
    const state = `${folder} cannot be completed (${reasonOf(cause)})`;
    throw new WriteError({ state, todo: 'free some space, and check its permissions' }, { path: folder, cause });
  }
}

/** Returns which images belong to a shard of an import, and the settings that all shards share. */
export function importPart(
  images: readonly ImageFile[],
  plan: ConvertPlan,
  { index, count }: Shard,
  checkSize = false,
  classes: readonly ImageClass[] = [],
): { work: ShardWork; start: number; end: number } {
  const digest = digestOfImages(
    images,
    classes.map(({ name }) => name),
  );
  const settings = {
    'images, labels or order': `sha256:${digest}`,
    ...settingsOf(plan),
    'check of sizes': checkSize,
  };
  const shard = { index, count };
  return { work: { kind: 'import', shard, settings }, ...shardRange(images.length, shard) };
}

/** Describes how images are converted, for people. */
function settingsOf(plan: ConvertPlan): ShardSettings {
  const { gray, resize, encoded, encodeType, background, maxPixels } = plan;
  return {
    size: resize ? `${resize.target.height}x${resize.target.width}` : 'as it is',
    ...(resize && { fit: resize.fit, resampler: resize.resampler }),
    colors: gray ? 'gray' : 'blue, green, red',
    storage: encoded ? `files${encodeType && ` (${encodeType})`}` : 'pixels',
    background: background?.join(', ') ?? 'none',
    'limit of pixels': maxPixels,
  };
}
