import { ImageKernels } from '@ae/images/threads';
import { InvalidOptionError } from '../errors/errors';
import { windowBytes } from '../lmdb/value-reader';
import { partSize } from './epoch-order';
import type { CheckedBatchOptions } from './options';
import type { Packer } from './pack-pixels';

/** The memory for the pixels of batches: the kernels' memory, if there are kernels. */
export class BatchMemory {
  readonly kernels?: ImageKernels;
  readonly packer?: Packer;
  /** For records while they are read. */
  readonly window?: Buffer;
  readonly #slotAddresses: readonly number[] = [];
  readonly #rowLength: number;
  readonly #isFloat: boolean;

  /** Allocates the memory for batches with rows of `rowLength` values. */
  constructor({ batchSize, shard, dtype, prefetch }: CheckedBatchOptions, rowLength: number) {
    this.#rowLength = rowLength;
    this.#isFloat = dtype === 'float32';
    const bytes = partSize(batchSize, shard) * rowLength * (this.#isFloat ? 4 : 1);
    // One for each batch in preparation, and one for the batch in use if it is not copied.
    const started = ImageKernels.start([windowBytes, ...Array<number>(prefetch + 1).fill(bytes)]);
    if (!started) return;
    const { kernels, addresses } = started;
    const [window, ...slots] = addresses as [number, ...number[]];
    this.kernels = kernels;
    this.packer = { kernels: kernels.pack, memory: kernels.memory };
    this.window = Buffer.from(kernels.memory.buffer, window, windowBytes);
    this.#slotAddresses = slots;
  }

  /** Returns space for the pixels of a batch of `rows`; rows without a record are 0. */
  pixels({ rows, records, slot }: { rows: number; records: number; slot: number }): Float32Array | Uint8Array {
    const length = rows * this.#rowLength;
    if (!this.packer) return this.#isFloat ? reserve(Float32Array, length, rows) : reserve(Uint8Array, length, rows);
    const address = this.#slotAddresses[slot % this.#slotAddresses.length];
    const { buffer } = this.packer.memory;
    const out = this.#isFloat ? new Float32Array(buffer, address, length) : new Uint8Array(buffer, address, length);
    return out.fill(0, records * this.#rowLength);
  }
}

/** Allocates memory for a batch. @throws InvalidOptionError if there is not enough */
export function reserve<T>(type: new (length: number) => T, length: number, rows: number): T {
  try {
    return new type(length);
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    throw new InvalidOptionError(
      {
        where: 'batchSize',
        expected: 'a batch that fits in memory',
        received: `${rows} records of ${length / rows} values`,
        todo: 'take fewer',
      },
      { cause },
    );
  }
}
