/** Makes one batch from a list of record numbers. */

import {
  decodeImage,
  decodeJpeg,
  ImageKernels,
  type Pixels,
  type Resize,
  resizePixels,
  type Size,
  toColor,
  toGray,
  toInterleavedRgb,
} from '@ae/images';
import { type Datum, hasPixels, withoutPixels } from '../datum/datum';
import { ownError } from '../datum/image-codec';
import { floatsToBytes } from '../datum/sample';
import { CorruptDatabaseError, DatumError, ImageError, InvalidOptionError, MixedSizesError } from '../errors';
import type { Damage } from '../lmdb/salvage';
import { windowBytes } from '../lmdb/value-reader';
import { Random } from '../random';
import { partSize } from './epoch-order';
import type { CheckedBatchOptions } from './options';
import { type Packer, type PixelSource, type Placement, packPixels } from './pack-pixels';
import { type PackPlan, packPlanFor } from './pack-plan';
import type { RecordReader } from './record-reader';

/** Which records make a batch. */
export interface BatchJob {
  epoch: number;
  /** Record numbers in key order. */
  indices: Float64Array;
  /** A record whose size tells that of the batch, where it has none of its own. */
  like: number;
  /** Rows of the batch: more than records if the last one is padded. */
  rows: number;
  /** Which block of memory to fill, if memory is reused. */
  slot: number;
}

/** The pixels of a batch, and what belongs to them. */
export interface BuiltBatch {
  /** Numbers of its records in key order. `reader.keyAt` tells their keys. */
  indices: Float64Array;
  /** `[N, H, W, C]` or `[N, C, H, W]`. */
  data: Float32Array | Uint8Array;
  shape: [number, number, number, number];
  /** One int32 per record; 0 where the Datum has none, as Caffe reads it. */
  labels: Int32Array;
}

/** Image files that are decoded at once have as many bytes. */
const underWayBytes = 32 << 20;
const noRecords: BuiltBatch = {
  indices: new Float64Array(0),
  data: new Float32Array(0),
  shape: [0, 0, 0, 0],
  labels: new Int32Array(0),
};

export class BatchBuilder {
  #plan?: PackPlan;
  #kernels?: ImageKernels;
  #packer?: Packer;
  #slotAddresses: number[] = [];
  readonly #resize?: Resize;

  readonly #records: RecordReader;
  readonly #options: CheckedBatchOptions;
  /** Called for each record that is left out because it is damaged. Without it, damage is an error. */
  readonly #onDamage?: (damage: Damage) => void;

  constructor(records: RecordReader, options: CheckedBatchOptions, onDamage?: (damage: Damage) => void) {
    this.#records = records;
    this.#options = options;
    this.#onDamage = onDamage;
    const { resize: target } = options;
    const { fit = 'squash', resampler = 'antialiased' } = target ?? {};
    this.#resize = target && { target, fit, resampler };
  }

  /**
   * Reads, decodes and packs. Raw records and ordinary JPEGs are done when this returns; other images are decoded side by side.
   *
   * @throws MixedSizesError if the records' sizes differ, and whatever reading and decoding throw. Damage is left out instead if
   *   the builder was given `onDamage`.
   */
  async build(job: BatchJob): Promise<BuiltBatch> {
    try {
      const plan = this.#plan ?? (await this.#makePlan(job));
      const built = plan ? await this.#fill(job, plan) : noRecords;
      this.#records.assertUnchanged();
      return built;
    } catch (error) {
      // What looks like damage may be a writer's doing.
      this.#records.assertUnchanged();
      throw error;
    }
  }

  async #fill(job: BatchJob, plan: PackPlan): Promise<BuiltBatch> {
    const rowLength = plan.height * plan.width * plan.channels;
    const out = this.#output(job, rowLength);
    const labels = reserve(Int32Array, job.rows, job.rows);
    const decoding: Promise<void>[] = [];
    let bytes = 0;
    const lost = new Set<number>();
    try {
      for (let row = 0; row < job.indices.length; row++) {
        const i = job.indices[row];
        const at = row * rowLength;
        try {
          const datum = this.#records.datum(i);
          labels[row] = datum.label ?? 0;
          if (!datum.encoded) {
            this.#pack(this.#rawSource(datum, i), out, at, i, job.epoch);
          } else if (!this.#packJpeg(datum, out, at, i, job.epoch)) {
            const packing = this.#decode(datum, i).then((source) => this.#pack(source, out, at, i, job.epoch));
            decoding.push(packing.catch((error) => this.#lose(error, row, i, lost)));
            bytes += datum.data.length;
            // Files wait in memory for their turn.
            if (bytes > underWayBytes) await Promise.all(decoding);
            if (bytes > underWayBytes) bytes = 0;
          }
        } catch (error) {
          this.#lose(error, row, i, lost);
        }
      }
      await Promise.all(decoding);
    } finally {
      await Promise.allSettled(decoding);
    }
    const { channels, height, width, layout } = plan;
    const shape = (rows: number): BuiltBatch['shape'] =>
      layout === 'NHWC' ? [rows, height, width, channels] : [rows, channels, height, width];
    const kept =
      lost.size === 0 ? { data: out, labels, indices: job.indices } : withoutRows(job, out, labels, rowLength, lost);
    const data = this.#packer && !this.#options.reuse ? kept.data.slice() : kept.data;
    return { ...kept, data, shape: shape(kept.labels.length) };
  }

  /** Notes a record that can't be read, if that is wanted. */
  #lose(error: unknown, row: number, i: number, lost: Set<number>): void {
    const isDamage =
      error instanceof DatumError || error instanceof ImageError || error instanceof CorruptDatabaseError;
    if (!this.#onDamage || !isDamage) throw error;
    // A writer's doing is no damage.
    this.#records.assertUnchanged();
    this.#onDamage({ page: error.page, key: this.#records.key(i), message: error.sentence });
    lost.add(row);
  }

  #pack(source: PixelSource, out: Float32Array | Uint8Array, at: number, i: number, epoch: number): void {
    this.#assertFits(source, i);
    packPixels(source, out, at, this.#plan as PackPlan, this.#place(source, i, epoch), this.#packer);
  }

  /** Decodes and packs an ordinary JPEG, of which it decodes no more than is needed. Returns false if it isn't one. */
  #packJpeg(datum: Datum, out: Float32Array | Uint8Array, at: number, i: number, epoch: number): boolean {
    const plan = this.#plan;
    const kernels = this.#kernels;
    const resize = this.#resize;
    const { channels, crop } = this.#options;
    if (!kernels || !plan) return false;
    if (resize || !crop || plan.meanPlanes) {
      const source = decodeJpeg(kernels, datum.data, { channels, resize });
      if (source) this.#pack(source, out, at, i, epoch);
      return source !== undefined;
    }
    let placement: Placement | undefined;
    const cut = (image: Size & { channels: number }) => {
      this.#assertFits(image, i);
      placement = this.#place(image, i, epoch);
      return { ...crop, top: placement.top, left: placement.left };
    };
    const source = decodeJpeg(kernels, datum.data, { channels, cut });
    if (source && placement)
      packPixels(source, out, at, plan, { top: 0, left: 0, mirror: placement.mirror }, this.#packer);
    return source !== undefined;
  }

  /** Learns the size of all records from the first one that can be read, and takes the memory for batches of that size. */
  async #makePlan(job: BatchJob): Promise<PackPlan | undefined> {
    for (const i of job.indices.length > 0 ? job.indices : [job.like]) {
      try {
        const datum = this.#records.datum(i);
        const source = datum.encoded ? await this.#decode(datum, i) : this.#rawSource(datum, i);
        this.#plan = packPlanFor(source, this.#options);
        this.#takeMemory(this.#plan.height * this.#plan.width * this.#plan.channels);
        return this.#plan;
      } catch (error) {
        this.#lose(error, 0, i, new Set());
      }
    }
    return undefined;
  }

  #takeMemory(rowLength: number): void {
    const { batchSize, shard, dtype, prefetch } = this.#options;
    const bytes = partSize(batchSize, shard) * rowLength * (dtype === 'uint8' ? 1 : 4);
    // One for each batch under way, and one for the batch in use if it isn't copied.
    const started = ImageKernels.start([windowBytes, ...Array<number>(prefetch + 1).fill(bytes)]);
    if (!started) return;
    const { kernels, addresses } = started;
    const [window, ...slots] = addresses as [number, ...number[]];
    this.#kernels = kernels;
    this.#packer = { kernels: kernels.pack, memory: kernels.memory };
    this.#slotAddresses = slots;
    this.#records.useWindow(Buffer.from(kernels.memory.buffer, window, windowBytes));
  }

  #output({ rows, indices, slot }: BatchJob, rowLength: number): Float32Array | Uint8Array {
    const length = rows * rowLength;
    const isFloat = this.#options.dtype === 'float32';
    if (!this.#packer) return isFloat ? reserve(Float32Array, length, rows) : reserve(Uint8Array, length, rows);
    const address = this.#slotAddresses[slot % this.#slotAddresses.length];
    const { buffer } = this.#packer.memory;
    const out = isFloat ? new Float32Array(buffer, address, length) : new Uint8Array(buffer, address, length);
    return out.fill(0, indices.length * rowLength);
  }

  #rawSource(datum: Datum, i: number): PixelSource {
    const { channels, height, width, floatData } = datum;
    if (!hasPixels(datum)) throw withoutPixels(datum, this.#records.key(i));
    this.#assertConvertible(channels, i);
    const { resize, dtype } = this.#options;
    const wantsBytes = dtype === 'uint8' || resize !== undefined || (this.#options.channels ?? channels) !== channels;
    const data = floatData ? (wantsBytes ? floatsToBytes(floatData, this.#records.key(i)) : floatData) : datum.data;
    const source = { data, planar: true, channels, height, width };
    if (!(data instanceof Uint8Array) || !wantsBytes || (dtype === 'uint8' && !this.#changesPixels(channels)))
      return source;
    return this.#changesPixels(channels) ? this.#changed(toInterleavedRgb(data, channels, height, width)) : source;
  }

  /** What the channels are is only known of gray and color: two may be a pair of images. */
  #assertConvertible(channels: number, i: number): void {
    const wanted = this.#options.channels ?? channels;
    if (wanted === channels || channels === 1 || channels === 3 || channels === 4) return;
    const key = this.#records.key(i);
    throw new DatumError(
      {
        where: `key ${key}`,
        expected: `1, 3 or 4 channels to make ${wanted} of`,
        received: `${channels}`,
        todo: 'leave the record out, or the option channels to have all as they are',
      },
      { key },
    );
  }

  async #decode(datum: Datum, i: number): Promise<PixelSource> {
    // The bytes are a view that the next record overwrites.
    const file = new Uint8Array(datum.data);
    const { channels } = this.#options;
    const mode = channels === 3 ? 'color' : channels === 1 ? 'gray' : 'stored';
    const key = this.#records.key(i);
    try {
      return this.#changed(await decodeImage(file, { mode, name: `key ${key}`, maxPixels: this.#options.maxPixels }));
    } catch (error) {
      throw ownError(error, { key });
    }
  }

  #changesPixels(channels: number): boolean {
    return this.#options.resize !== undefined || (this.#options.channels ?? channels) !== channels;
  }

  /** Channels and size as the options want them. */
  #changed(pixels: Pixels): PixelSource {
    const resize = this.#resize;
    const { channels } = this.#options;
    const colored = channels === 3 ? toColor(pixels) : channels === 1 ? toGray(pixels) : pixels;
    const sized = resize ? resizePixels(colored, resize) : colored;
    return { ...sized, planar: false };
  }

  #assertFits(source: Size & { channels: number }, i: number): void {
    const plan = this.#plan as PackPlan;
    const { crop } = this.#options;
    const fits = crop
      ? source.height >= plan.height && source.width >= plan.width
      : source.height === plan.height && source.width === plan.width;
    const { meanPlanes } = plan;
    const fitsMean = !meanPlanes || (source.height === meanPlanes.height && source.width === meanPlanes.width);
    if (fits && fitsMean && source.channels === plan.channels) return;
    const key = this.#records.key(i);
    const expected = `${plan.channels}x${meanPlanes?.height ?? plan.height}x${meanPlanes?.width ?? plan.width}`;
    throw new MixedSizesError(
      {
        where: `key ${key}`,
        expected: `${expected}${crop ? ' at least' : ' like the first record'}`,
        received: `${source.channels}x${source.height}x${source.width}`,
        todo: 'resize the records, and choose their channels, to make them alike',
      },
      { key },
    );
  }

  #place(source: Size, i: number, epoch: number): Placement {
    const { crop, mirror = false, shuffle } = this.#options;
    const spareRows = crop ? source.height - crop.height : 0;
    const spareColumns = crop ? source.width - crop.width : 0;
    if (!mirror && !crop?.random) return { top: spareRows >> 1, left: spareColumns >> 1, mirror: false };
    // By record, not by turn: the same whatever the batch size, the shards and the workers.
    const random = new Random(shuffle === false ? 0 : shuffle, epoch, i);
    return {
      top: crop?.random ? random.below(spareRows + 1) : spareRows >> 1,
      left: crop?.random ? random.below(spareColumns + 1) : spareColumns >> 1,
      mirror: mirror && random.below(2) === 1,
    };
  }
}

/** Memory for a batch. @throws InvalidOptionError if there isn't that much */
function reserve<T>(type: new (length: number) => T, length: number, rows: number): T {
  try {
    return new type(length);
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    throw new InvalidOptionError(
      {
        where: 'batchSize',
        expected: 'a batch that fits into memory',
        received: `${rows} records of ${length / rows} values`,
        todo: 'take fewer',
      },
      { cause },
    );
  }
}

/** Moves the rows that are left together; with padding, the batch keeps its length. */
function withoutRows(
  { indices, rows }: BatchJob,
  out: Float32Array | Uint8Array,
  labels: Int32Array,
  rowLength: number,
  lost: Set<number>,
): Pick<BuiltBatch, 'data' | 'labels' | 'indices'> {
  const kept = [...indices.keys()].filter((row) => !lost.has(row));
  kept.forEach((row, to) => {
    out.copyWithin(to * rowLength, row * rowLength, (row + 1) * rowLength);
    labels[to] = labels[row];
  });
  const left = rows > indices.length ? rows : kept.length;
  out.fill(0, kept.length * rowLength);
  labels.fill(0, kept.length);
  return {
    data: out.subarray(0, left * rowLength),
    labels: labels.subarray(0, left),
    indices: Float64Array.from(kept, (row) => indices[row]),
  };
}
