/** Makes one batch from a list of record indexes. */

import type { Size } from '@ae/images';
import type { Datum } from '../datum/datum';
import { CorruptDatabaseError, DatumError, ImageError } from '../errors/errors';
import type { Damage } from '../lmdb/salvage';
import { BatchMemory, reserve } from './batch-memory';
import type { CheckedBatchOptions } from './options';
import { packJpeg } from './pack-jpeg';
import { type PixelSource, packPixels } from './pack-pixels';
import { type PackPlan, packPlanFor } from './pack-plan';
import { assertFits, placeOf } from './placement';
import { RecordPixels } from './record-pixels';
import type { RecordReader } from './record-reader';

/** The records of a batch. */
export interface BatchJob {
  epoch: number;
  /** Record indexes in key order. */
  indices: Float64Array;
  /** The first record that the stream reads, whose size all others must have. */
  like: number;
  /** Rows of the batch: more than records if the last one is padded. */
  rows: number;
  /** Which block of memory to fill, if memory is reused. */
  slot: number;
}

/** The pixels of a batch, and what belongs to them. */
export interface BuiltBatch {
  /** Indexes of its records in key order. `reader.keyAt` returns their keys. */
  indices: Float64Array;
  /** `[N, H, W, C]` or `[N, C, H, W]`. */
  data: Float32Array | Uint8Array;
  shape: [number, number, number, number];
  /** One int32 per record; 0 if the Datum has none, as Caffe reads it. */
  labels: Int32Array;
}

/** Maximum size in bytes of image files that are decoded at the same time. */
const underWayBytes = 32 << 20;
const noRecords: BuiltBatch = {
  indices: new Float64Array(0),
  data: new Float32Array(0),
  shape: [0, 0, 0, 0],
  labels: new Int32Array(0),
};

/** What the first readable record determines: the size of all, and the memory for batches of that size. */
interface Room {
  readonly plan: PackPlan;
  readonly rowLength: number;
  readonly memory: BatchMemory;
}

/** A batch while it is being filled. */
interface Filling extends Room {
  readonly job: BatchJob;
  readonly out: Float32Array | Uint8Array;
  readonly labels: Int32Array;
  /** Rows whose records are damaged. */
  readonly lost: Set<number>;
}

export class BatchBuilder {
  #room?: Room;
  readonly #records: RecordReader;
  readonly #options: CheckedBatchOptions;
  readonly #pixels: RecordPixels;
  /** Called for each record that is skipped because it is damaged. Without it, damage is an error. */
  readonly #onDamage?: (damage: Damage) => void;

  constructor(records: RecordReader, options: CheckedBatchOptions, onDamage?: (damage: Damage) => void) {
    this.#records = records;
    this.#options = options;
    this.#onDamage = onDamage;
    this.#pixels = new RecordPixels(options, (i) => records.key(i));
  }

  /**
   * Reads, decodes and packs. Raw records and ordinary JPEGs are finished when this returns; other images are decoded in parallel.
   *
   * @throws MixedSizesError if the records' sizes differ, and all errors of reading and decoding. Damaged records are skipped instead if
   * the builder was given `onDamage`.
   */
  async build(job: BatchJob): Promise<BuiltBatch> {
    try {
      this.#room ??= await this.#makeRoom(job);
      const built = this.#room ? await this.#fill(job, this.#room) : noRecords;
      this.#records.assertUnchanged();
      return built;
    } catch (error) {
      // What looks like damage may be caused by a writer.
      this.#records.assertUnchanged();
      throw error;
    }
  }

  /**
   * Determines the size of all records from the first one that the stream reads, or else the first one here that is readable, and allocates
   * the memory for batches of that size.
   */
  async #makeRoom({ like, indices }: BatchJob): Promise<Room | undefined> {
    for (const i of new Set([like, ...indices])) {
      try {
        const datum = this.#records.datum(i);
        const source = datum.encoded ? await this.#pixels.decode(datum, i) : this.#pixels.raw(datum, i);
        const plan = packPlanFor(source, this.#options);
        const rowLength = plan.height * plan.width * plan.channels;
        const memory = new BatchMemory(this.#options, rowLength);
        if (memory.window) this.#records.useWindow(memory.window);
        return { plan, rowLength, memory };
      } catch (error) {
        // A record of another batch is reported with that.
        if (indices.length === 0 || indices.includes(i)) this.#lose(error, 0, i, new Set());
      }
    }
    return undefined;
  }

  async #fill(job: BatchJob, room: Room): Promise<BuiltBatch> {
    const { rows, indices, slot } = job;
    const out = room.memory.pixels({ rows, records: indices.length, slot });
    const filling = { ...room, job, out, labels: reserve(Int32Array, rows, rows), lost: new Set<number>() };
    await this.#pack(filling);
    const { lost, labels, rowLength, plan } = filling;
    const kept = lost.size === 0 ? { data: out, labels, indices } : withoutRows(job, out, labels, rowLength, lost);
    const data = room.memory.packer && !this.#options.reuse ? kept.data.slice() : kept.data;
    const { channels, height, width, layout } = plan;
    const left = kept.labels.length;
    return {
      ...{ ...kept, data },
      shape: layout === 'NHWC' ? [left, height, width, channels] : [left, channels, height, width],
    };
  }

  /** Packs all records of a batch. */
  async #pack(filling: Filling): Promise<void> {
    const { job, labels, lost } = filling;
    const decoding: Promise<void>[] = [];
    let bytes = 0;
    try {
      for (let row = 0; row < job.indices.length; row++) {
        const i = job.indices[row];
        try {
          const datum = this.#records.datum(i);
          labels[row] = datum.label ?? 0;
          if (!datum.encoded) {
            this.#packSource(this.#pixels.raw(datum, i), row, filling);
          } else if (!this.#packJpeg(datum, row, filling)) {
            const packing = this.#pixels.decode(datum, i).then((source) => this.#packSource(source, row, filling));
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
  }

  #packSource(source: PixelSource, row: number, { job, out, plan, rowLength, memory }: Filling): void {
    const i = job.indices[row];
    this.#assertFits(source, plan, i);
    packPixels(source, out, row * rowLength, plan, placeOf(source, i, job.epoch, this.#options), memory.packer);
  }

  /** Decodes and packs an ordinary JPEG. Returns false for other files. */
  #packJpeg({ data }: Datum, row: number, { job, out, plan, rowLength, memory }: Filling): boolean {
    const { kernels, packer } = memory;
    if (!kernels) return false;
    const i = job.indices[row];
    return packJpeg(data, {
      kernels,
      packer,
      plan,
      out,
      options: this.#options,
      resize: this.#pixels.resize,
      at: row * rowLength,
      assertFits: (image) => this.#assertFits(image, plan, i),
      placeOf: (image) => placeOf(image, i, job.epoch, this.#options),
    });
  }

  #assertFits(source: Size & { channels: number }, plan: PackPlan, i: number): void {
    assertFits(source, plan, this.#options.crop, () => this.#records.key(i));
  }

  /** Records an unreadable record, if that is wanted. */
  #lose(error: unknown, row: number, i: number, lost: Set<number>): void {
    const isDamage =
      error instanceof DatumError || error instanceof ImageError || error instanceof CorruptDatabaseError;
    if (!this.#onDamage || !isDamage) throw error;
    // Changes by a writer are not damage.
    this.#records.assertUnchanged();
    this.#onDamage({ page: error.page, key: this.#records.key(i), message: error.sentence });
    lost.add(row);
  }
}

/** Moves the remaining rows together; with padding, the batch keeps its length. */
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
