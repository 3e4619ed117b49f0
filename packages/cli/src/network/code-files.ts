/** The files of `ae encode`: written as the codes are computed, and read again to merge shards. */
import { existsSync } from 'node:fs';
import { rmdir } from 'node:fs/promises';
import path from 'node:path';
import type { Codes } from '@ae/autoencoder/codes';
import { rename } from '@ae/ground/rename';
import { branch } from '../shell/stream-branches';

const shapesName = 'shapes.npy';
const parquetName = 'codes.parquet';

/** Writes codes in both formats as they arrive, so that images are encoded once and need not fit in memory. */
export async function writeCodes(codes: AsyncIterable<Codes>, folder: string, byBlocks: boolean): Promise<number> {
  const { writeCodesNpy, writeCodesParquet } = await import('@ae/autoencoder/codes');
  const [first, second] = branch(codes);
  const arrays = path.join(folder, 'arrays');
  const outcomes = await Promise.allSettled([
    writeCodesNpy(first, arrays, { byBlocks }),
    writeCodesParquet(second, path.join(folder, parquetName)),
  ]);
  for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
  for (const name of ['codes.npy', 'keys.npy', 'labels.npy', ...(byBlocks ? [shapesName] : [])]) {
    await rename(path.join(arrays, name), path.join(folder, name));
  }
  await rmdir(arrays);
  return (outcomes[0] as PromiseFulfilledResult<number>).value;
}

/** Yields the codes of several folders, one folder after the other. */
export async function* readCodes(folders: readonly string[]): AsyncGenerator<Codes> {
  const { readCodesParquet } = await import('@ae/autoencoder/codes');
  for (const folder of folders) {
    const shapes = path.join(folder, shapesName);
    yield* readCodesParquet(path.join(folder, parquetName), existsSync(shapes) ? { shapes } : {});
  }
}
