/** Examines records before a network is built for them: their sizes, whether they can be read, and the range of floats. */
import type { DatumReader, Sample } from '@ae/lmdb-datum';
import { sentenceOf } from '../shell/cli-error';
import { isDamage, withAdvice } from './record-damage';
import { spread } from './record-order';
import { type RecordSize, RecordSizes } from './record-size';

/** A record that a lenient command skips. */
export interface LeftOut {
  readonly key?: string;
  readonly reason: string;
}

/** Records of one size. */
export interface SizeCount extends RecordSize {
  readonly count: number;
  /** Key of the first one. */
  readonly key: string;
}

export interface RecordScan {
  /** Indexes of the readable records; undefined if all are. */
  readonly indices?: Uint32Array;
  readonly leftOut: readonly LeftOut[];
  /** In the order in which they were found. */
  readonly sizes: readonly SizeCount[];
  /** Range of float_data, if there is any. */
  readonly floats?: { readonly least: number; readonly most: number };
}

/** How records are scanned. */
export interface ScanOptions {
  readonly lenient?: boolean;
  /** The name of the database that was opened, if it has one. */
  readonly database?: string;
  readonly onProgress?: (done: number, total: number) => void;
}

/** How many records are examined without `lenient`; of more, this many are, evenly spread, and the others when they are read. */
const mostLooks = 50_000;
const mostFloats = 256;

/** Scans records; with `lenient`, decodes all of them and skips those that cannot be read. */
export async function scanRecords(
  reader: DatumReader,
  { lenient = false, database, onProgress = () => undefined }: ScanOptions,
): Promise<RecordScan> {
  const looks = lenient ? Array.from({ length: reader.length }, (_, i) => i) : spread(reader.length, mostLooks);
  const sizes = new Map<string, SizeCount>();
  const recordSizes = new RecordSizes(reader);
  const floats = new FloatRange();
  const leftOut: LeftOut[] = [];
  const indices: number[] = [];
  for (const [done, index] of looks.entries()) {
    if (done % 500 === 0) {
      onProgress(done, looks.length);
      await new Promise(setImmediate);
    }
    try {
      const datum = reader.datumAt(index);
      if (!datum) continue;
      // Some damage to an image shows only when it is decoded.
      const size = lenient ? ((await reader.at(index)) as Sample) : await recordSizes.of(index, datum);
      if (size.channels * size.height * size.width === 0) await reader.at(index);
      if (datum.floatData) floats.add(datum.floatData);
      addSize(sizes, size, reader.keyAt(index) ?? '');
      indices.push(index);
    } catch (error) {
      if (!isDamage(error)) throw error;
      if (!lenient) throw await withAdvice(error, reader, database);
      leftOut.push({ key: reader.keyAt(index), reason: sentenceOf(error) });
    }
  }
  return {
    ...(lenient && { indices: Uint32Array.from(indices) }),
    leftOut: [...reader.damage.map(({ key, message }) => ({ key, reason: message })), ...leftOut],
    sizes: [...sizes.values()],
    ...(floats.range && { floats: floats.range }),
  };
}

function addSize(sizes: Map<string, SizeCount>, { channels, height, width }: RecordSize, key: string): void {
  const name = `${channels}x${height}x${width}`;
  const known = sizes.get(name);
  sizes.set(name, known ? { ...known, count: known.count + 1 } : { channels, height, width, count: 1, key });
}

class FloatRange {
  #least = Number.POSITIVE_INFINITY;
  #most = Number.NEGATIVE_INFINITY;
  #looks = 0;

  add(values: Float32Array): void {
    if (this.#looks++ >= mostFloats) return;
    for (const value of values) {
      if (value < this.#least) this.#least = value;
      if (value > this.#most) this.#most = value;
    }
  }

  get range(): { least: number; most: number } | undefined {
    return this.#looks > 0 ? { least: this.#least, most: this.#most } : undefined;
  }
}
