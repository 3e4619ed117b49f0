import { formatOf, kindOfImage } from '@ae/images/kind';
import type { Datum, DatumReader } from '@ae/lmdb-datum';
import { sentenceOf } from '../shell/cli-error';
import { isRecordError } from './record-damage';
import { type ClassOrder, classOrderOf, type KeyOrder, keyOrderOf, spread } from './record-order';
import { RecordSizes } from './record-size';
import { formatSize } from './sample-database';

export interface RecordSummary {
  /** How many records were looked at, evenly spread over the database. */
  readonly examined: number;
  /** Sizes as channels x height x width with their counts, most frequent first. */
  readonly sizes: readonly { readonly size: string; readonly count: number }[];
  /** How pixels are stored (raw, float, or a kind of image file) with counts, most frequent first. */
  readonly encodings: readonly { readonly encoding: string; readonly count: number }[];
  readonly labels: {
    readonly distinct: number;
    readonly min?: number;
    readonly max?: number;
    readonly without: number;
  };
  /** How keys are made; see `describeKeys`. */
  readonly keyOrder: KeyOrder;
  readonly classOrder: ClassOrder;
  /** What values are that are no Datums, in words, with counts, most frequent first. */
  readonly layouts: readonly { readonly layout: string; readonly count: number }[];
  readonly damaged: readonly { readonly key: string; readonly reason: string }[];
}

/** Looks at up to `limit` records, evenly spread, and counts what they are. */
export async function summarizeRecords(reader: DatumReader, limit = 20_000): Promise<RecordSummary> {
  const sizes = new Map<string, number>();
  const encodings = new Map<string, number>();
  const labels = new Set<number>();
  const layouts = new Map<string, number>();
  const recordSizes = new RecordSizes(reader);
  const damaged: { key: string; reason: string }[] = [];
  const labelOrder: number[] = [];
  let without = 0;
  const indices = spread(reader.length, limit);
  for (const index of indices) {
    try {
      const datum = reader.datumAt(index) as Datum;
      const size = formatSize(await recordSizes.of(index, datum));
      count(sizes, size);
      count(encodings, encodingOf(datum));
      if (datum.label === undefined) without++;
      else {
        labels.add(datum.label);
        labelOrder.push(datum.label);
      }
    } catch (error) {
      if (!isRecordError(error)) throw error;
      const layout = await layoutOf(reader, index, error);
      if (layout !== undefined) {
        count(layouts, layout);
        continue;
      }
      const key = reader.keyAt(index) ?? '';
      damaged.push({ key, reason: sentenceOf(error).replace(`key ${key}: `, '') });
    }
  }
  const range = labels.size > 0 ? { min: minimum(labels), max: maximum(labels) } : {};
  return {
    examined: indices.length,
    sizes: ranked(sizes).map(([size, n]) => ({ size, count: n })),
    encodings: ranked(encodings).map(([encoding, n]) => ({ encoding, count: n })),
    labels: { distinct: labels.size, ...range, without },
    keyOrder: keyOrderOf(indices.map((index) => ({ index, key: reader.keyAt(index) ?? '' }))),
    classOrder: classOrderOf(labelOrder),
    layouts: ranked(layouts).map(([layout, n]) => ({ layout, count: n })),
    damaged,
  };
}

/** What the value of a record is that is no Datum; undefined for a damaged one. */
async function layoutOf(reader: DatumReader, index: number, error: unknown): Promise<string | undefined> {
  if (!(error as Error).message.includes("only Caffe's Datums are read")) return undefined;
  const { describeValue } = await import('@ae/lmdb-datum');
  const value = reader.getBytes(reader.keyBytesAt(index) ?? '');
  return value && describeValue(value);
}

function encodingOf({ encoded, encodedAbsent, floatData, floatPacked, data }: Datum): string {
  const kind = floatData ? `float_data${floatPacked ? ', packed' : ''}` : 'raw bytes';
  if (!encoded) return encodedAbsent ? `${kind}, no encoded field` : kind;
  const found = kindOfImage(data);
  return found ? `${formatOf(found).name} files` : 'image files of an unknown kind';
}

function count(counts: Map<string, number>, name: string): void {
  counts.set(name, (counts.get(name) ?? 0) + 1);
}

function ranked(counts: Map<string, number>): [string, number][] {
  return [...counts].sort((a, b) => b[1] - a[1]);
}

function minimum(values: Iterable<number>): number {
  let least = Number.POSITIVE_INFINITY;
  for (const value of values) least = Math.min(least, value);
  return least;
}

function maximum(values: Iterable<number>): number {
  let most = Number.NEGATIVE_INFINITY;
  for (const value of values) most = Math.max(most, value);
  return most;
}
