/** `--shard`: which part of shared work this process does. */
import { isShard, type Shard } from '@ae/ground/shards';
import { Option } from 'commander';
import { CliError } from './cli-error';
import { shardOfEnvironment } from './shard-environment';

export interface ShardFlag {
  readonly shard?: Shard;
}

export function shardOption(): Option {
  const description = 'do only part i of n, counted from 0; auto takes both from Kubernetes or Slurm (see ae merge)';
  return new Option('--shard <i/n>', description).argParser(parseShard);
}

function parseShard(text: string): Shard {
  if (text === 'auto') return shardOfEnvironment(process.env);
  const [, index, count] = /^(\d+)\/(\d+)$/.exec(text) ?? [];
  const shard = { index: Number(index), count: Number(count) };
  if (isShard(shard)) return shard;
  const last = shard.count - 1;
  const expected =
    last > 0 && last < 1e6 ? `0/${shard.count} to ${last}/${shard.count}` : 'a part such as 0/7, the first of seven,';
  throw new CliError('INVALID_OPTION', `--shard: expected ${expected} or auto, received "${text}".`);
}
