/** Files and databases for a test, removed at the end of the test. */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { onTestFinished } from 'vitest';
import { caffeKey, type DatumInit, DatumWriter } from '../src/entries/index';

export function scratchFolder(): string {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'lmdb-datum-'));
  onTestFinished(() => fs.rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Writes a database with keys 00000000_x, 00000001_x ... */
export async function writeDatabase(records: DatumInit[], name = 'x'): Promise<string> {
  const folder = path.join(scratchFolder(), 'db');
  const writer = await DatumWriter.open(folder);
  for (const [i, record] of records.entries()) await writer.put(caffeKey(i, name), record);
  await writer.close();
  return folder;
}
