/** A page that has an LMDB as a Blob, as a file input gives one, and reads it. */
import { openDatumSource } from '@ae/lmdb-datum/source';

const response = await fetch('/made/data.mdb');
const reader = await openDatumSource(await response.blob());
const { data, height, width } = await reader.at(0);
globalThis.results = { records: reader.length, size: [height, width], pixels: [...data] };
