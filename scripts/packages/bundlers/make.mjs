/** Makes the input of the pages, an LMDB and a network saved by Node.js, and prints the expected results. */
import { cpSync } from 'node:fs';
import { Autoencoder, useBackend } from '@ae/autoencoder';
import { convertImageset, openDatumLmdb } from '@ae/lmdb-datum';

await convertImageset({ input: 'photos', output: 'made/lmdb', resizeHeight: 16, resizeWidth: 16, workers: 0 });
cpSync('made/lmdb/data.mdb', 'made/data.mdb');
await useBackend('wasm', { threads: 2 });
const network = new Autoencoder({ inputShape: [16, 16, 3], codeSize: 8 });
await network.initialize({ seed: 1 });
await network.save('made/network');
const reader = openDatumLmdb('made/lmdb');
const sample = await reader.at(0);
const [reconstruction] = await network.reconstruct([sample]);
console.log(
  JSON.stringify({ records: reader.length, given: [...sample.data], reconstructed: [...reconstruction.data] }),
);
reader.close();
