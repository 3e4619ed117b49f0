/** What a schema is: how the values of a database hold images. An adapter is a file of this folder and a row of table.ts. */
import type { Datum } from '../datum/datum';
import { describeValue } from '../datum/value-layout';
import { DatumError } from '../errors/errors';

/** Looks at other records of the database. */
export interface Lookup {
  get(key: string): Uint8Array | undefined;
  /** The first key that is not below `start`. */
  keyFrom(start: string): string | undefined;
}

/** What is known of a record beside its value. */
export interface RecordContext {
  /** Absent where batches are made, which have no use for it. */
  readonly key?: string;
  /** What stands after the colon of the schema's name, such as the size in stylegan2:256. */
  readonly variant?: string;
  readonly lookup?: Lookup;
}

/** Parts of a database, or ways to read it, of which one is chosen. */
export interface Variants {
  readonly choices: readonly string[];
  /** What is taken unless another one is named. */
  readonly chosen: string;
  /** Says what a choice means: "images of 256 pixels". */
  readonly say: (choice: string) => string;
}

/** How the values of a database hold images. */
export interface Schema {
  /** As the option `schema` takes it. */
  readonly name: string;
  /** What its records are called: "SSD's AnnotatedDatums". */
  readonly title: string;
  /** Says what a record is by which it is told ("JPEG files"), or returns undefined if it is of another schema. Never throws. */
  recognize(value: Uint8Array, key: string, lookup: Lookup): string | undefined;
  /** The record as a Datum: planar pixels, blue first, or an image file, with label, text and boxes. @throws DatumError */
  decode(value: Uint8Array, context: RecordContext): Datum;
  /** Keys of records that are no images, such as a count. */
  readonly sideKeys?: readonly string[];
  /** Tells the keys of images from others, where names of keys tell. Default: all but `sideKeys` are. */
  isImageKey?(key: string, variant?: string): boolean;
  variants?(lookup: Lookup): Variants | undefined;
  /** How many images the database says that it holds. Undefined where it doesn't. */
  countSaid?(lookup: Lookup): { readonly key: string; readonly count: number } | undefined;
}

/** Makes the error for a record that is not what its schema says. */
export function strangeRecord(
  expected: string,
  received: string,
  { key }: RecordContext,
  more: { cause?: unknown; todo?: string; layout?: string } = {},
): DatumError {
  const where = key === undefined ? 'record' : `key ${key}`;
  const { todo = 'remove the record', ...rest } = more;
  return new DatumError({ where, expected, received, todo }, { key, ...rest });
}

/** Makes the error for a value that is something else. */
export function otherValue(expected: string, value: Uint8Array, context: RecordContext, cause?: unknown): DatumError {
  const layout = describeValue(value) ?? `${value.length} bytes of an unknown kind`;
  return strangeRecord(expected, layout, context, { cause, layout });
}

/** Reads a count that is written in digits. */
export function countInDigits(key: string, { get }: Lookup): { key: string; count: number } | undefined {
  const value = get(key);
  const text = value && value.length < 20 ? Buffer.from(value).toString('latin1').trim() : '';
  return /^\d+$/.test(text) ? { key, count: Number(text) } : undefined;
}
