/** Folders of shards: complete ones are left alone, and what a killed process left is of no use. */
import { completeShard, type Fail, type ShardNote, writeShardNote } from '@ae/ground/shard-notes';
import { type Shard, shardPath } from '@ae/ground/shards';
import { CliError } from './cli-error';
import { quote } from './command-line';
import { isTaken, writeFolderWhole } from './output-folder';
import { formatCount, type Terminal } from './terminal';

/** A shard that was made, or that was complete before. */
export interface MadeShard<Result> {
  readonly folder: string;
  readonly result: Result;
  readonly wasComplete: boolean;
}

/** Makes errors of shards that don't fit. */
export const shardError: Fail = ({ state, todo }) => new CliError('BAD_SHARDS', `${state}; ${todo}.`);

const taken: Fail = ({ state, todo }) => new CliError('OUTPUT_EXISTS', `${state}; ${todo}.`);

/** Makes the folder of a shard unless it is complete: `fill` writes into a folder, which then gets the name. */
export async function makeShard<Result>(
  output: string,
  work: Omit<ShardNote, 'result'>,
  fill: (folder: string) => Promise<Result>,
): Promise<MadeShard<Result>> {
  const folder = shardPath(output, work.shard);
  const before = completeShard<Result>(folder, work, taken);
  if (before) return { folder, result: before.result, wasComplete: true };
  try {
    const result = await writeFolderWhole(folder, async (temporary) => {
      const made = await fill(temporary);
      writeShardNote(temporary, { ...work, result: made });
      return made;
    });
    return { folder, result, wasComplete: false };
  } catch (error) {
    // Another process did the same at the same time, and was faster.
    const other = isTaken(error) ? completeShard<Result>(folder, work, taken) : undefined;
    if (!other) throw error;
    return { folder, result: other.result, wasComplete: true };
  }
}

/** Returns where a shard goes, or all of an output. */
export function placeOf(output: string, shard: Shard | undefined): string {
  return shard ? shardPath(output, shard) : output;
}

/** Says what comes after a shard. */
export function printNext(output: string, { count }: Shard, terminal: Terminal): void {
  const when = count === 1 ? 'then' : `when all ${formatCount(count)} shards are complete`;
  terminal.print(`${when}: ae merge ${quote(output)}`);
}
