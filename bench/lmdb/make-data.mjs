/** Makes the databases that the benchmarks read. */
import fs from 'node:fs';
import { caffeKey, convertImageset, DatumWriter } from '@ae/lmdb-datum';

/** Raw 3x64x64 records of noise, as convert_imageset would leave them: 12,301 bytes each, on four pages. */
export async function makeRaw(folder, count) {
  if (fs.existsSync(folder)) return;
  const noise = Uint8Array.from({ length: 12_288 * 8 }, (_, i) => Math.imul(i, 2654435761) >>> 24);
  const writer = await DatumWriter.open(folder);
  for (let i = 0; i < count; i++) {
    const start = (i * 977) % (noise.length - 12_288);
    const data = noise.subarray(start, start + 12_288);
    await writer.put(caffeKey(i, `class${i % 10}/image_${i}.png`), {
      channels: 3,
      height: 64,
      width: 64,
      data,
      label: i % 10,
    });
  }
  await writer.close();
}

/** Encoded records: the photographs' own JPEG files, or made anew at a size. */
export async function makeEncoded(folder, photos, size) {
  if (fs.existsSync(folder)) return;
  const resize = size ? { resizeHeight: size, resizeWidth: size, encodeType: 'jpg' } : {};
  await convertImageset({
    input: `${photos}/train/`,
    list: `${photos}/train.txt`,
    output: folder,
    encoded: true,
    ...resize,
  });
}
