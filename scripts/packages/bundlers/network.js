/** A page that loads a network, has the WebAssembly engine on all threads, and reconstructs the first image of an LMDB. */
import { Autoencoder, useBackend } from '@ae/autoencoder';
import { openDatumSource } from '@ae/lmdb-datum/source';

export async function show(wasmBinary) {
  const { name: engine, threads } = await useBackend('wasm', { wasmBinary, threads: 2 });
  const network = await Autoencoder.load('/made/network');
  const reader = await openDatumSource(await (await fetch('/made/data.mdb')).blob());
  const [{ data }] = await network.reconstruct([await reader.at(0)]);
  globalThis.results = { engine, threads, pixels: [...data] };
}
