/** What all shards of `ae encode` and `ae test` must have in common. */
import type { ShardSettings } from '@ae/ground/shard-notes';
import type { SampleDatabase } from '../data/sample-database';
import type { LoadedNetwork } from './load-network';
import { digestOfNetwork } from './network-digest';

/** Identifies the network, the images, and everything else that affects the results. */
export async function networkSettings(
  { network, samples, engine }: LoadedNetwork,
  lenient = false,
): Promise<Record<string, ShardSettings[string]>> {
  return {
    'weights of the network': `sha256:${await digestOfNetwork(network)}`,
    images: `sha256:${await identityOf(samples)}`,
    // Not the number of threads, which does not affect the results.
    engine: engine.replace(/,.*/, ''),
    'tolerance of damage': lenient,
  };
}

/** A file too large to be compared completely counts as changed if it has been written to. */
async function identityOf(samples: SampleDatabase): Promise<string> {
  const { content, revision, complete } = await samples.identity();
  return complete ? content : `${content} ${revision}`;
}
