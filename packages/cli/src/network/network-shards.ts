/** What shards of `ae encode` and `ae test` must have in common. */
import type { ShardSettings } from '@ae/ground/shard-notes';
import type { SampleDatabase } from '../data/sample-database';
import type { LoadedNetwork } from './load-network';
import { digestOfNetwork } from './network-digest';

/** Names the network and the images, and what else decides about results. */
export async function networkSettings(
  { network, samples, engine }: LoadedNetwork,
  lenient = false,
): Promise<Record<string, ShardSettings[string]>> {
  return {
    'weights of the network': `sha256:${await digestOfNetwork(network)}`,
    images: `sha256:${await identityOf(samples)}`,
    // Not the number of threads, which doesn't change results.
    engine: engine.replace(/,.*/, ''),
    'tolerance of damage': lenient,
  };
}

/** What was written to, and is too large to be compared whole, counts as other images. */
async function identityOf(samples: SampleDatabase): Promise<string> {
  const { content, revision, complete } = await samples.identity();
  return complete ? content : `${content} ${revision}`;
}
