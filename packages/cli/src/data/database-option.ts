import { Option } from 'commander';

/** Which database of a file is meant. */
export interface DatabaseFlag {
  readonly database?: string;
}

/** Defines `--database`, for every command that reads an LMDB. */
export function databaseOption(otherwise = 'the unnamed one, as Caffe has it', flags = '--database <name>'): Option {
  return new Option(flags, `a named database of the file (default: ${otherwise})`);
}
