/** What a schema is: how the values of a database store images. An adapter is a file in this folder and a row of table.ts. */
import type { Datum } from '../datum/datum';
import { describeValue } from '../datum/value-layout';
import { DatumError } from '../errors/errors';

/** Looks up other records of the database. */
export interface Lookup {
  get(key: string): Uint8Array | undefined;
  /** Returns the first key that is not less than `start`. */
  keyFrom(start: string): string | undefined;
}

/** What is known about a record besides its value. */
export interface RecordContext {
  /** Absent when batches are made, which do not need it. */
  readonly key?: string;
  /** What follows the colon in the schema's name, such as the size in stylegan2:256. */
  readonly variant?: string;
  readonly lookup?: Lookup;
}

/** Parts of a database, or ways to read it, one of which is chosen. */
export interface Variants {
  readonly choices: readonly string[];
  /** The default choice. */
  readonly chosen: string;
  /** Describes a choice: "images of 256 pixels". */
  readonly say: (choice: string) => string;
}

/** How the values of a database store images. */
export interface Schema {
  /** As passed to the option `schema`. */
  readonly name: string;
  /** Name of its records: "SSD's AnnotatedDatums". */
  readonly title: string;
  /** Describes a record by which the schema is detected ("JPEG files"), or returns undefined for one of another schema. Never throws. */
  recognize(value: Uint8Array, key: string, lookup: Lookup): string | undefined;
  /** Returns the record as a Datum: planar pixels, blue first, or an image file, with label, text and boxes. @throws DatumError */
  decode(value: Uint8Array, context: RecordContext): Datum;
  /** Keys of records that are not images, such as a count. */
  readonly sideKeys?: readonly string[];
  /** Tells the keys of images from others by name. Default: all except `sideKeys` are images. */
  isImageKey?(key: string, variant?: string): boolean;
  variants?(lookup: Lookup): Variants | undefined;
  /** Returns how many images the database says it contains. Undefined if it does not say. */
  countSaid?(lookup: Lookup): { readonly key: string; readonly count: number } | undefined;
}

/** Makes the error for a record that does not match its schema. */
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

/** Parses a count that is written in digits. */
export function countInDigits(key: string, { get }: Lookup): { key: string; count: number } | undefined {
  const value = get(key);
  const text = value && value.length < 20 ? Buffer.from(value).toString('latin1').trim() : '';
  return /^\d+$/.test(text) ? { key, count: Number(text) } : undefined;
}
