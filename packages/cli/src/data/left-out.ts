/** Lists, at the end of a lenient command, the damaged records that were skipped. */
import { Option } from 'commander';
import { leftOut, type Terminal } from '../shell/terminal';
import type { LeftOut } from './record-scan';
import type { SampleDatabase } from './sample-database';

export function lenientOption(): Option {
  return new Option('--lenient', 'look for damaged records first, skip them, and list them at the end');
}

/** Prints the records of databases that were skipped, if any; in JSON they are part of the command's own event. */
export function printLeftOut(databases: readonly (SampleDatabase | undefined)[], terminal: Terminal): void {
  for (const database of databases) {
    if (!database || database.leftOut.length === 0) continue;
    terminal.print(`${database.path}: ${leftOut(database.leftOut.map(describeLeftOut))}`);
  }
}

/** Says which record was skipped and why. */
export function describeLeftOut({ key, reason }: LeftOut): string {
  return key === undefined || reason.includes(key) ? reason : `key ${key}: ${reason}`;
}
