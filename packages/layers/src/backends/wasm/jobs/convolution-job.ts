/** What all jobs of convolutions have in common: where the images are, how the work is cut, what happens to finished sums. */
import type { Engine } from '../runtime/engine';

/** The bits of assembly/simd.ts that say what happens to finished sums. */
export const FLAGS = { ACCUMULATE: 1, BIAS: 2, RELU: 4 } as const;

/** A convolution in pointers and byte distances; positions outside x count as zero. */
export interface Convolution extends Finish {
  images: number;
  x: { at: number; height: number; width: number; channels: number };
  y: { at: number; height: number; width: number; channels: number; pixel: number; row: number; image: number };
  /** Tap (i, j), channel c, output channel o is at `at + i * tapY + j * tapX + c * channel + o * column`. */
  filter: { at: number; tapsY: number; tapsX: number; tapY: number; tapX: number; channel: number; column: number };
  stride: readonly [number, number];
  dilation: readonly [number, number];
  pad: readonly [top: number, left: number];
}

/** Units of work for each thread: enough that one which comes late costs little. */
const UNITS_PER_THREAD = 8;

/** The fields that say what happens to finished sums: where the bias is, and the flags. */
export function finishing({ bias, relu }: Finish): [bias: number, flags: number] {
  return [bias ?? 0, (bias ? FLAGS.BIAS : 0) | (relu ? FLAGS.RELU : 0)];
}

/** Lays a filter out for the side module while f runs. */
export function withPackedFilter(
  engine: Engine,
  filter: Convolution['filter'],
  channels: number,
  outChannels: number,
  f: (packed: number) => void,
): void {
  const bytes = filter.tapsY * filter.tapsX * channels * (outChannels + engine.panel) * 4;
  engine.withMemory(bytes, (packed) => {
    engine.call('packFilter', [
      ...[filter.at, packed, filter.tapsY, filter.tapsX, channels, outChannels],
      ...[filter.tapY, filter.tapX, filter.channel, filter.column],
    ]);
    f(packed);
  });
}

/** Rows of output in one unit: whole images, unless there are too few of them or they are too large. */
export function rowsOfUnit(engine: Engine, images: number, rows: number, most: number): number {
  const bands = engine.threads === 1 ? 1 : Math.ceil((UNITS_PER_THREAD * engine.threads) / Math.max(images, 1));
  return Math.max(1, Math.min(Math.ceil(rows / Math.max(bands, 1)), most));
}

/** What happens to the sums of a convolution before they are stored. */
export interface Finish {
  /** Where the bias is. */
  bias?: number;
  relu?: boolean;
  /** Where values of the result's shape are: it becomes 0 where they are not positive. */
  mask?: number;
}

/** Chunks of images with sums of their own. A fixed number, so that the result does not depend on the threads. */
export const CHUNKS = 16;

/** Most bytes of sums of all chunks. */
const SUM_BYTES = 64 << 20;

/** Chunks to cut some pieces of work into when each chunk keeps sums of so many bytes. */
export function chunksOf(pieces: number, sumBytes: number): number {
  return Math.max(1, Math.min(CHUNKS, pieces, Math.floor(SUM_BYTES / sumBytes)));
}

/** Sums that are too few to share: handing them to another thread takes longer. */
const SUMS_AT_ONCE = 50_000;

/** Adds up the sums of all chunks, sumBytes apart: rows of `columns` values become rows of toColumns. */
export function addChunks(
  engine: Engine,
  { at, bytes, chunks }: { at: number; bytes: number; chunks: number },
  rows: number,
  columns: number,
  to: number,
  toColumns: number,
): void {
  const chunk = Math.max(1, Math.ceil(SUMS_AT_ONCE / (chunks * columns)));
  engine.run('sumChunks', rows, [at, bytes, chunks, columns, to, toColumns], { chunk });
}
