/** Folders of shards: complete ones are left alone, and what killed processes left behind is ignored. */
import { completeShard, type Fail, type ShardNote, writeShardNote } from '@ae/ground/shard-notes';
import { type Shard, shardPath } from '@ae/ground/shards';
import { CliError } from './cli-error';
import { quote } from './command-line';
import { isTaken, writeFolderWhole } from './output-folder';
import { formatCount, type Terminal } from './terminal';

/** A shard that was just created, or that was complete before. */
export interface MadeShard<Result> {
  readonly folder: string;
  readonly result: Result;
  readonly wasComplete: boolean;
}

/** Creates the errors for shards that do not match. */
export const shardError: Fail = ({ state, todo }) => new CliError('BAD_SHARDS', `${state}; ${todo}.`);

const taken: Fail = ({ state, todo }) => new CliError('OUTPUT_EXISTS', `${state}; ${todo}.`);

/** Creates the folder of a shard unless it is complete: `fill` writes to a temporary folder, which is then renamed. */
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
    // Another process did the same at the same time, and finished first.
    const other = isTaken(error) ? completeShard<Result>(folder, work, taken) : undefined;
    if (!other) throw error;
    return { folder, result: other.result, wasComplete: true };
  }
}

/** Returns the path of a shard, or of the complete output. */
export function placeOf(output: string, shard: Shard | undefined): string {
  return shard ? shardPath(output, shard) : output;
}

/** Returns what to do after a shard is complete. */
export function printNext(output: string, { count }: Shard, terminal: Terminal): void {
  const when = count === 1 ? 'then' : `when all ${formatCount(count)} shards are complete`;
  terminal.print(`${when}: ae merge ${quote(output)}`);
}
