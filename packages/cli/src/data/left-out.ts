/** Says in the end which damaged records a lenient command did without. */
import { Option } from 'commander';
import { leftOut, type Terminal } from '../shell/terminal';
import type { LeftOut } from './record-scan';
import type { SampleDatabase } from './sample-database';

export function lenientOption(): Option {
  return new Option('--lenient', 'look for damaged records first, skip them, and list them at the end');
}

/** Prints what was left out of databases, if anything was; in JSON that belongs to the command's own event. */
export function printLeftOut(databases: readonly (SampleDatabase | undefined)[], terminal: Terminal): void {
  for (const database of databases) {
    if (!database || database.leftOut.length === 0) continue;
    terminal.print(`${database.path}: ${leftOut(database.leftOut.map(describeLeftOut))}`);
  }
}

/** Says which record was left out and why. */
export function describeLeftOut({ key, reason }: LeftOut): string {
  return key === undefined || reason.includes(key) ? reason : `key ${key}: ${reason}`;
}
