/** Makes the small data that everything is tried on. */
import path from 'node:path';
import { DatumWriter } from '@ae/lmdb-datum';
import { runAe } from './ae.mjs';

const size = 16;

/** `ae train` on the database `db`: short, with a checkpoint at every other update. */
export const trainingArgs = (epochs) => [
  ...['train', 'db', '--epochs', String(epochs), '--batch-size', '4', '--checkpoint-every', '2'],
  ...['--threads', '1', '--no-report'],
];

/** Writes a database of `count` colored squares. */
export async function makeDatabase(file, count) {
  const writer = await DatumWriter.open(file);
  for (let i = 0; i < count; i++) {
    const data = Uint8Array.from({ length: 3 * size * size }, (_, at) => (at * 7 + i * 31 + (at >> 4) * i) & 255);
    await writer.put(`${String(i).padStart(8, '0')}_square`, {
      channels: 3,
      height: size,
      width: size,
      data,
      label: i % 3,
    });
  }
  await writer.close();
}

/** Writes `count` PNG files, by way of `ae export`. */
export async function makeImages(folder, count) {
  const database = `${folder}.lmdb`;
  await makeDatabase(database, count);
  const { code, stderr } = await runAe(['export', database, folder], { cwd: path.dirname(folder) });
  if (code !== 0) throw new Error(`ae export: ${stderr}`);
}
