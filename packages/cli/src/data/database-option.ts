import { Option } from 'commander';

/** Which database of a file is meant, and how its values hold images. */
export interface DatabaseFlag {
  readonly database?: string;
  readonly schema?: string;
}

/** Defines `--database`, for every command that reads an LMDB. */
export function databaseOption(otherwise = 'the unnamed one, as Caffe has it', flags = '--database <name>'): Option {
  return new Option(flags, `a named database of the file (default: ${otherwise})`);
}

/** Defines `--schema`, for every command that reads an LMDB. */
export function schemaOption(): Option {
  return new Option(
    '--schema <name>',
    'how its values hold images (default: told by the first records; ae inspect names it)',
  );
}
