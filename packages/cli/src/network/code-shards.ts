/** Shards of `ae encode`, and merging them. */
import type { FoundShard } from '@ae/ground/shard-notes';
import type { Shard } from '@ae/ground/shards';
import type { LeftOut } from '../data/record-scan';
import { writeFolderOnce } from '../shell/output-folder';
import { type MadeShard, makeShard } from '../shell/shard-folder';
import { readCodes, writeCodes } from './code-files';
import type { LoadedNetwork } from './load-network';
import { networkSettings } from './network-shards';

/** The report of `ae encode`. */
export interface CodeSummary {
  readonly model: string;
  readonly data: string;
  readonly count: number;
  /** Number of values in a code; absent if images have several sizes. */
  readonly codeSize?: number;
  /** Rows and columns of blocks, if there are any, and the number of values per block. */
  readonly codeShape?: readonly (number | null)[];
  readonly leftOut: readonly LeftOut[];
}

export const codeShards = 'encode';

/** Encodes the images of a shard, unless that has been done already. */
export async function encodeShard(
  loaded: LoadedNetwork,
  target: string,
  { shard, batchSize, lenient }: { shard: Shard; batchSize: number; lenient?: boolean },
  summaryOf: (count: number) => CodeSummary,
  options: { signal: AbortSignal; onProgress: (done: number, total: number) => void },
): Promise<MadeShard<CodeSummary>> {
  const { network, samples } = loaded;
  const settings = { ...(await networkSettings(loaded, lenient)), 'batch size': batchSize };
  return makeShard(target, { kind: codeShards, shard, settings }, async (folder) => {
    const codes = network.encodeBatches(samples, { batchSize, shard, ...options });
    const first = await codes.next();
    // If there are more shards than batches, some are empty.
    if (first.done) return summaryOf(0);
    return summaryOf(await writeCodes(startingWith(first.value, codes), folder, samples.isMixed));
  });
}

async function* startingWith<T>(first: T, others: AsyncIterable<T>): AsyncGenerator<T> {
  yield first;
  yield* others;
}

/**
 * Merges the folders of shards, in order, into one folder of codes, with the same files as a single process writes. Says whether they
 * existed already.
 */
export async function mergeCodes(
  shards: readonly FoundShard[],
  target: string,
): Promise<{ summary: CodeSummary; wasComplete: boolean }> {
  const parts = shards as readonly FoundShard<CodeSummary>[];
  const [{ result: first }] = parts.map(({ note }) => note);
  const filled = parts.filter(({ note }) => note.result.count > 0).map(({ folder }) => folder);
  const isMixed = first.codeSize === undefined;
  let count = 0;
  const wasComplete = await writeFolderOnce(target, async (folder) => {
    count = await writeCodes(readCodes(filled), folder, isMixed);
  });
  return { summary: { ...first, count }, wasComplete };
}
