/** The formats that conversions write, and the functions that open an output of each. */
import type { RecordSink } from './record';
import type { ShardLimits } from './shards';

export const outputForms = ['lmdb', 'tar', 'parquet', 'folder'] as const;
/** A format that `convertDatabase` writes. */
export type OutputForm = (typeof outputForms)[number];

export interface SinkOptions extends ShardLimits {
  readonly output: string;
  /** Class names by label, from 0 on. */
  readonly classes?: readonly string[];
}

/** Opens an output. @throws OutputExistsError, WriteError */
export async function openSink(
  form: OutputForm,
  { output, shardImages, shardBytes, classes }: SinkOptions,
): Promise<RecordSink> {
  // Each is loaded only when it is needed.
  if (form === 'lmdb') return (await import('./lmdb-sink')).openLmdbSink(output, classes);
  if (form === 'folder') return (await import('./folder-sink')).openFolderSink(output);
  const { openShards } = await import('./shards');
  const { tarFormat } = await import('./tar-format');
  const { parquetFormat } = await import('./parquet-format');
  const open = form === 'tar' ? tarFormat : (fd: number) => parquetFormat(fd, classes);
  return openShards(output, { shardImages, shardBytes }, open);
}
