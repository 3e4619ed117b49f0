import { formatOf, kindOfImage } from '@ae/images/kind';
import type { BoundingBox, Datum, DatumReader, LmdbDatumError } from '@ae/lmdb-datum';
import { sentenceOf } from '../shell/cli-error';
import { formatSize } from './image-sizes';
import { isRecordError } from './record-damage';
import { type ClassOrder, classOrderOf, type KeyOrder, keyOrderOf, spread } from './record-order';
import { RecordSizes } from './record-size';

export interface RecordSummary {
  /** Number of records examined, evenly spread over the database. */
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
  /** How the keys are formed; see `describeKeys`. */
  readonly keyOrder: KeyOrder;
  readonly classOrder: ClassOrder;
  /** Texts that belong to images, if the schema has them. */
  readonly texts?: { readonly count: number; readonly examples: readonly string[] };
  /** Boxes around objects in images. */
  readonly boxes?: BoxSummary;
  /** Descriptions of values that are not images of the database's schema, with counts, most frequent first. */
  readonly layouts: readonly { readonly layout: string; readonly count: number }[];
  readonly damaged: readonly { readonly key: string; readonly reason: string }[];
}

/** What is known about the boxes of images. */
export interface BoxSummary {
  readonly count: number;
  /** Number of images that have boxes. */
  readonly images: number;
  /** Number of boxes of each class, most frequent class first. */
  readonly labels: readonly { readonly label: number; readonly count: number }[];
  /** The first box, and the key of its image. */
  readonly first: BoundingBox & { readonly key: string };
}

/** Examines up to `limit` records, evenly spread, and counts what they contain. */
export async function summarizeRecords(reader: DatumReader, limit = 20_000): Promise<RecordSummary> {
  const sizes = new Map<string, number>();
  const encodings = new Map<string, number>();
  const labels = new Set<number>();
  const layouts = new Map<string, number>();
  const recordSizes = new RecordSizes(reader);
  const damaged: { key: string; reason: string }[] = [];
  const annotations = new Annotations();
  const labelOrder: number[] = [];
  let without = 0;
  const indices = spread(reader.length, limit);
  for (const index of indices) {
    try {
      const datum = reader.datumAt(index) as Datum;
      const size = await recordSizes.of(index, datum);
      // Throws: it has no pixels.
      if (size.channels * size.height * size.width === 0) await reader.at(index);
      count(sizes, formatSize(size));
      count(encodings, encodingOf(datum));
      annotations.add(datum, reader.keyAt(index) ?? '');
      if (datum.label === undefined) without++;
      else {
        labels.add(datum.label);
        labelOrder.push(datum.label);
      }
    } catch (error) {
      if (!isRecordError(error)) throw error;
      const { layout } = error as LmdbDatumError;
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
    ...annotations.summary,
    layouts: ranked(layouts).map(([layout, n]) => ({ layout, count: n })),
    damaged,
  };
}

const mostExamples = 3;

/** Collects texts and boxes. */
class Annotations {
  #texts = 0;
  readonly #examples: string[] = [];
  #boxes = 0;
  #images = 0;
  readonly #labels = new Map<number, number>();
  #first?: BoxSummary['first'];

  add({ text, boxes = [] }: Datum, key: string): void {
    if (text !== undefined) this.#texts++;
    if (text !== undefined && this.#examples.length < mostExamples) this.#examples.push(text);
    for (const { label } of boxes) this.#labels.set(label, (this.#labels.get(label) ?? 0) + 1);
    if (boxes[0]) this.#first ??= { ...boxes[0], key };
    if (boxes[0]) this.#images++;
    this.#boxes += boxes.length;
  }

  get summary(): Pick<RecordSummary, 'texts' | 'boxes'> {
    const first = this.#first;
    const labels = [...this.#labels].sort((a, b) => b[1] - a[1]).map(([label, n]) => ({ label, count: n }));
    return {
      ...(this.#texts > 0 && { texts: { count: this.#texts, examples: this.#examples } }),
      ...(first && { boxes: { count: this.#boxes, images: this.#images, labels, first } }),
    };
  }
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
