/** The schema of a database: given by name, or detected from its first records. */

import type { Datum } from '../datum/datum';
import { decodeDatum } from '../datum/decode';
import { refuse } from '../errors/checks';
import { datumSchema } from './datum';
import type { Lookup, RecordContext, Schema, Variants } from './schema';
import { schemas } from './table';

/** What is known about the schema of a database. */
export interface DatabaseSchema {
  /** As passed to the option `schema`: 'datum', 'stylegan2:256'. */
  readonly name: string;
  /** Its description: "SSD's AnnotatedDatums". */
  readonly title: string;
  /** How it was detected: 'named', or what was found: "JPEG files in the first 8 records". */
  readonly told: string;
  /** If parts of the database, or ways to read it, can be chosen: the choices, and a description of the current one. */
  readonly variants?: { readonly names: readonly string[]; readonly chosen: string };
}

/** The first records of a database, as far as they can be read. */
export type FirstRecords = Iterable<{ readonly key: string; readonly value: Uint8Array }>;

/** Number of records that are examined to detect the schema. */
const looks = 8;

/** Reads the values of a database by its schema. */
export class RecordFormat {
  /** The row of the table. */
  readonly schema: Schema;
  readonly variant?: string;
  readonly told: string;
  readonly #variants?: Variants;
  /** Returns the record as a Datum: the image, label, text and boxes. @throws DatumError */
  readonly decode: (value: Uint8Array, key?: string) => Datum;

  constructor(schema: Schema, told: string, variant?: string, lookup?: Lookup) {
    this.schema = schema;
    this.told = told;
    this.#variants = lookup && schema.variants?.(lookup);
    this.variant = variant ?? this.#variants?.chosen;
    const context: RecordContext = { variant: this.variant, lookup };
    // Caffe's own records are read directly.
    this.decode =
      schema === datumSchema
        ? decodeDatum
        : (value, key) => schema.decode(value, key === undefined ? context : { ...context, key });
  }

  /** The schema's name with the variant. */
  get name(): string {
    return this.variant === undefined ? this.schema.name : `${this.schema.name}:${this.variant}`;
  }

  get description(): DatabaseSchema {
    const { schema, told, variant } = this;
    const found = this.#variants;
    const variants = found &&
      variant !== undefined && {
        names: found.choices.map((choice) => `${schema.name}:${choice}`),
        chosen: found.say(variant),
      };
    return { name: this.name, title: schema.title, told, ...(variants && { variants }) };
  }

  /** Whether some keys are distinguished from those of images by their names. */
  get namesImages(): boolean {
    return this.schema.isImageKey !== undefined;
  }

  /** Tells whether the record of a key is an image. */
  isImage(key: string): boolean {
    const { schema, variant } = this;
    return schema.isImageKey?.(key, variant) ?? !schema.sideKeys?.includes(key);
  }

  /** Existing keys that are not images. */
  sideKeysIn({ get }: Lookup): string[] {
    return (this.schema.sideKeys ?? []).filter((key) => get(key) !== undefined);
  }
}

/**
 * Returns the format of a database: the one that is named, or else that of most of its first records; Caffe's if none is recognized.
 *
 * @throws InvalidOptionError
 */
export function formatOf(named: string | undefined, first: FirstRecords, lookup: Lookup): RecordFormat {
  if (named !== undefined) return namedFormat(named, lookup);
  const votes = new Map<Schema, { count: number; told: string }>();
  let records = 0;
  for (const { key, value } of first) {
    if (schemas.some(({ sideKeys }) => sideKeys?.includes(key))) continue;
    for (const schema of schemas) {
      const told = schema.recognize(value, key, lookup);
      if (told === undefined) continue;
      const vote = votes.get(schema) ?? { count: 0, told };
      votes.set(schema, { ...vote, count: vote.count + 1 });
      // What begins with Caffe's Datums is read as such.
      if (schema === datumSchema && records === 0) return new RecordFormat(schema, `${told} in the first record`);
      break;
    }
    if (++records === looks) break;
  }
  const [best] = [...votes].sort((a, b) => b[1].count - a[1].count);
  if (!best) return new RecordFormat(datumSchema, records === 0 ? 'no record' : 'nothing known in the first records');
  const [schema, { told, count }] = best;
  return new RecordFormat(
    schema,
    schema.isImageKey ? told : `${told} in ${shareOf(count, records)}`,
    undefined,
    lookup,
  );
}

function shareOf(count: number, records: number): string {
  if (count < records) return `${count} of the first ${records} records`;
  return records === 1 ? 'the first record' : `the first ${records} records`;
}

/** Returns the format for a name with its variant: 'ocr', 'stylegan2:256'. @throws InvalidOptionError */
export function namedFormat(named: string, lookup?: Lookup): RecordFormat {
  const [name, variant] = typeof named === 'string' ? named.split(/:(.*)/s) : [];
  const schema = schemas.find((known) => known.name === name);
  const names = schemas.map((known) => known.name).join(', ');
  if (!schema) refuse('schema', `one of ${names}`, named, 'name one of these');
  const variants = lookup && schema.variants?.(lookup);
  if (lookup && schema.isImageKey && !variants)
    refuse(
      'schema',
      `a database of ${schema.title} for ${name}`,
      'one without such keys',
      'name another schema, or none',
    );
  if (variant !== undefined && lookup && !variants?.choices.includes(variant)) {
    const choices = variants?.choices.map((choice) => `${name}:${choice}`).join(' or ') ?? `${name} alone`;
    refuse('schema', choices, named, 'name what there is');
  }
  return new RecordFormat(schema, 'named', variant, lookup);
}
