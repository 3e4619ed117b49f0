/**
 * Divides convolutions of unpooled images, and gradients that come back through a pooling, into jobs for the side module
 * (assembly/sparse-layers.ts). Three quarters of such an image are zeros, which these jobs never touch.
 */
import { DENSE, DOT_SUM_BYTES, NOBODYS, PAIR_BYTES, SPARSE, type SparseJob } from '../assembly/dist/jobs';
import type { Engine } from '../runtime/engine';
import {
  addChunks,
  chunksOf,
  type Filter,
  type Finish,
  filterJob,
  flagsOf,
  type Image,
  rowsOfUnit,
} from './convolution-job';

/** An image that is zero except for one value in each 2 x 2 window: pooled values and their indices, [images, rows, columns, channels]. */
export interface SparseImage {
  values: number;
  indices: number;
  images: number;
  rows: number;
  columns: number;
  channels: number;
  /** `[H, W]` of the unpooled image. */
  size: readonly [number, number];
}

/** Maximum size in bytes of a thread's scratch memory for one image; larger images are left to the general kernels. */
const mostImageBytes = 16 << 20;

/**
 * Tells whether the jobs below support an image: 2 x 2 windows side by side, channels in whole vectors, a size that fits in the scratch
 * memory.
 */
export function isSparse({ rows, columns, channels, size }: SparseImage, denseChannels: number): boolean {
  const windows = Math.floor(size[0] / 2) === rows && Math.floor(size[1] / 2) === columns;
  const bytes = rows * columns * channels * 4 + (2 * rows + 16) * (2 * columns + 16) * denseChannels * 4;
  return windows && channels % 4 === 0 && denseChannels % 4 === 0 && bytes <= mostImageBytes;
}

/** A convolution with stride 1 whose input is a sparse image. */
export interface UnpoolConvolution extends Finish {
  y: Image;
  filter: Filter;
  pad: readonly [top: number, left: number];
}

/**
 * Writes y = unpooled image * filter.
 *
 * @returns false if an index is outside its window: y is then invalid
 */
export function unpoolConv(engine: Engine, image: SparseImage, convolution: UnpoolConvolution): boolean {
  const { y, filter, pad, bias = 0, mask = 0 } = convolution;
  const pairs = Math.ceil((y.height + (pad[0] & 1)) / 2);
  const unitPairs = rowsOfUnit(engine, image.images, pairs, pairs);
  const units = image.images * Math.ceil(pairs / unitPairs);
  const windows = Math.min(image.rows, unitPairs + engine.side.windowsOf(filter.tapsY));
  const scratchBytes = PAIR_BYTES + windows * image.columns * image.channels * 4;
  return withTable(engine, filter, image.channels, y.channels, (table) =>
    withSparseFields(engine, image, (fields) =>
      engine.run(
        'unpoolConv',
        { units, scratchBytes },
        {
          ...fields,
          table,
          tapsY: filter.tapsY,
          tapsX: filter.tapsX,
          padTop: pad[0],
          padLeft: pad[1],
          y: y.at,
          outHeight: y.height,
          outWidth: y.width,
          outChannels: y.channels,
          bias,
          flags: flagsOf(convolution),
          mask,
          unitPairs,
        },
      ),
    ),
  );
}

/** Where the gradients of a convolution between a sparse and a dense image are written. */
export interface SparseGradients {
  /** [tapsY, tapsX, channels of the dense image, channels of the sparse image]. */
  filter: number;
  /** Where the bias's gradient goes, and which image's channels have the bias. */
  bias?: { at: number; of: 'sparse' | 'dense' };
  /**
   * Where the gradient of the pooled values goes, the filter's values to compute it with, and whether the pooled values are ReLU outputs.
   */
  values?: { at: number; filter: number; masked: boolean };
}

/** The dense side: its value at tap (i, j) of position (y, x) is in row y + i - top and column x + j - left. */
export interface DenseImage {
  at: number;
  height: number;
  width: number;
  channels: number;
  taps: readonly [number, number];
  pad: readonly [top: number, left: number];
}

/** Size in bytes of the dense image that is processed together: it stays in the level-1 cache with the values. */
const stripBytes = 16 << 10;

/**
 * Writes the gradients of a convolution between a sparse and a dense image.
 *
 * @returns false if an index is outside its window: the gradients are then invalid
 */
export function sparseGradients(engine: Engine, image: SparseImage, dense: DenseImage, to: SparseGradients): boolean {
  const [tapsY, tapsX] = dense.taps;
  const perChannel = tapsY * tapsX * dense.channels;
  const biasChannels = to.bias ? (to.bias.of === 'sparse' ? image.channels : dense.channels) : 0;
  const sumBytes = (perChannel * image.channels + biasChannels) * 4;
  const chunks = chunksOf(image.images, sumBytes);
  const stripRows = Math.max(1, Math.floor((stripBytes / (dense.width * dense.channels * 4) - tapsY) / 2));
  const padded = (2 * image.rows + tapsY - 1) * (2 * image.columns + tapsX - 1) * dense.channels * 4;
  return engine.withMemory(chunks * sumBytes, (sums) =>
    withTurnedFilter(engine, to.values?.filter, perChannel, image.channels, (filter) => {
      const scratchBytes = DOT_SUM_BYTES + image.rows * image.columns * image.channels * 4 + padded;
      const valid = withSparseFields(engine, image, (fields) =>
        engine.run(
          'sparseGradient',
          { units: chunks, scratchBytes },
          {
            ...fields,
            image: dense.at,
            height: dense.height,
            imageWidth: dense.width,
            imageChannels: dense.channels,
            tapsY,
            tapsX,
            padTop: dense.pad[0],
            padLeft: dense.pad[1],
            chunks,
            sums,
            sumBytes,
            stripRows,
            biasOf: ownerOf(to.bias),
            filter,
            valuesGradient: to.values?.at ?? 0,
            masked: to.values?.masked ? 1 : 0,
          },
        ),
      );
      engine.run(
        'sumSparse',
        { units: perChannel, chunk: 16 },
        { from: sums, chunkBytes: sumBytes, chunks, channels: image.channels, perChannel, filter: to.filter },
      );
      const biasSums = sums + perChannel * image.channels * 4;
      if (to.bias)
        addChunks(engine, { at: biasSums, bytes: sumBytes, chunks }, 1, biasChannels, to.bias.at, biasChannels);
      return valid;
    }),
  );
}

function ownerOf(bias: SparseGradients['bias']): number {
  if (bias === undefined) return NOBODYS;
  return bias.of === 'sparse' ? SPARSE : DENSE;
}

/** Fills in the fields that every sparse job begins with, and returns whether the job found all indices inside their windows. */
function withSparseFields(engine: Engine, image: SparseImage, run: (fields: SparseJob) => void): boolean {
  const { values, indices, images, rows, columns, channels, size } = image;
  return engine.withMemory(4, (wrong) => {
    engine.floats(wrong, 1)[0] = 0;
    run({ values, indices, images, rows, columns, channels, width: size[1], wrong });
    return engine.floats(wrong, 1)[0] === 0;
  });
}

/** Converts a filter to tables of assembly/sparse.ts while f runs. */
function withTable<T>(
  engine: Engine,
  filter: Filter,
  channels: number,
  outChannels: number,
  f: (table: number) => T,
): T {
  const bytes = engine.side.tableBytes(filter.tapsY, filter.tapsX, channels, outChannels);
  return engine.withMemory(bytes, (table) => {
    engine.call('packTable', filterJob(filter, table, channels, outChannels));
    return f(table);
  });
}

/** Converts a filter [tap and dense channel][sparse channel] to [sparse channel][tap and dense channel] while f runs. */
function withTurnedFilter<T>(
  engine: Engine,
  filter: number | undefined,
  perChannel: number,
  channels: number,
  f: (turned: number) => T,
): T {
  if (filter === undefined) return f(0);
  return engine.withMemory(perChannel * channels * 4, (turned) => {
    const [from, to] = [engine.floats(filter, perChannel * channels), engine.floats(turned, perChannel * channels)];
    for (let s = 0; s < channels; s++) {
      for (let k = 0; k < perChannel; k++) to[s * perChannel + k] = from[k * channels + s];
    }
    return f(turned);
  });
}
