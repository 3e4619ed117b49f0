/** What the server of each bundler does: it writes and reads a database with threads. The packages stay in node_modules ("external"). */
import { readdirSync } from 'node:fs';
import { convertImageset, openDatumLmdb } from '@ae/lmdb-datum';

const output = process.argv[2];
const { records } = await convertImageset({ input: 'photos', output, resizeHeight: 16, resizeWidth: 16, workers: 2 });
const reader = openDatumLmdb(output);
let read = 0;
for await (const { shape } of reader.batches({ batchSize: 3, workers: 2 })) read += shape[0];
reader.close();
if (read !== records || !readdirSync(output).includes('data.mdb'))
  throw new Error(`${read} of ${records} records were read.`);
console.log(`${records} records`);
