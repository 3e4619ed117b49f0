import { Option } from 'commander';

/** Which database of a file to read, and how its values store images. */
export interface DatabaseFlag {
  readonly database?: string;
  readonly schema?: string;
}

/** Defines `--database`, for every command that reads an LMDB. */
export function databaseOption(otherwise = 'the unnamed one, as in Caffe', flags = '--database <name>'): Option {
  return new Option(flags, `a named database in the file (default: ${otherwise})`);
}

/** Defines `--schema`, for every command that reads an LMDB. */
export function schemaOption(): Option {
  return new Option('--schema <name>', 'format of the records (default: detected; ae inspect shows it)');
}
