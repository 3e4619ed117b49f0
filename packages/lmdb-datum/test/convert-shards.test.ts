/** Conversions in shards, merged: the same files as a single process writes. */
import fs from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { convertDatabase, DatumWriter, encodeDatum, mergeShards } from '../src/entries/index';
import { fixture } from './golden';
import { scratchFolder } from './scratch';

const png = fs.readFileSync(fixture('images/color.png'));
const jpg = fs.readFileSync(fixture('images/color.jpg'));

/** Records of all kinds: image files, raw pixels, floats, names that repeat, and one without a label. */
async function makeDatabase(folder: string): Promise<string> {
  const database = path.join(folder, 'original.lmdb');
  const writer = await DatumWriter.open(database);
  for (let i = 0; i < 23; i++) {
    const pixels = Uint8Array.from({ length: 24 }, (_, k) => i * 7 + k);
    const sorts = [
      () => encodeDatum({ data: jpg, label: i, encoded: true }),
      () => encodeDatum({ channels: 3, height: 2, width: 4, data: pixels, label: i }),
      () => encodeDatum({ channels: 1, height: 1, width: 2, floatData: Float32Array.of(0.1, i), label: i }),
      () => encodeDatum({ data: png, encoded: true }),
    ];
    await writer.putBytes(`${String(i).padStart(8, '0')}_same.${i % 2 ? 'png' : 'jpg'}`, sorts[i % 4]());
  }
  await writer.close();
  return database;
}

/** All files of a folder or the file itself, by name. */
function filesOf(place: string): Record<string, string> {
  if (!fs.statSync(place).isDirectory()) return { '': fs.readFileSync(place, 'base64') };
  const names = fs.readdirSync(place, { recursive: true, encoding: 'utf8' }).sort();
  const files = names.filter((name) => fs.statSync(path.join(place, name)).isFile());
  return Object.fromEntries(files.map((name) => [name, fs.readFileSync(path.join(place, name), 'base64')]));
}

/** Changes a byte of an output; in an LMDB database, a byte of a key. */
function changeOne(place: string): void {
  const file = Object.keys(filesOf(place)).sort()[0] as string;
  const bytes = fs.readFileSync(path.join(place, file));
  const at = file === 'data.mdb' ? bytes.indexOf('00000007_same') : bytes.length >> 1;
  bytes[at] = (bytes[at] ?? 0) ^ 1;
  fs.writeFileSync(path.join(place, file), bytes);
}

it.each([
  ['out.lmdb', {}],
  ['out.tar', {}],
  ['out.tar', { shardImages: 5 }],
  ['out.parquet', {}],
  ['folder', {}],
])('%s in 1, 2 and 7 shards is what one process makes (%o)', async (name, options) => {
  const folder = scratchFolder();
  const input = await makeDatabase(folder);
  const whole = await convertDatabase({ input, output: path.join(folder, `whole-${name}`), ...options });
  for (const count of [1, 2, 7]) {
    const output = path.join(folder, String(count), `whole-${name}`);
    for (let index = count - 1; index >= 0; index--) {
      const shard = { index, count };
      const made = await convertDatabase({ input, output, shard, ...options });
      expect(made.outputs).toEqual([`${output}.shard-${index}-of-${count}`]);
      const again = await convertDatabase({ input, output, shard, ...options });
      expect(again).toMatchObject({ records: made.records, wasComplete: true });
    }
    const merged = await mergeShards({ output });
    expect(merged).toMatchObject({ records: 23, shards: count });
    const outputs = merged.outputs ?? [output];
    expect(outputs.map((file) => path.basename(file))).toEqual(whole.outputs.map((file) => path.basename(file)));
    for (const [i, file] of outputs.entries()) expect(filesOf(file)).toEqual(filesOf(whole.outputs[i] as string));
    const names = fs.readdirSync(path.dirname(output));
    expect(await mergeShards({ output })).toMatchObject({ wasComplete: true, records: 23 });
    expect(fs.readdirSync(path.dirname(output))).toEqual(names);
    // Output that differs from what they write belongs to the user.
    changeOne(outputs.at(-1) as string);
    await expect(mergeShards({ output })).rejects.toThrow(/already exists; delete it, or choose another output/);
    expect(fs.readdirSync(path.dirname(output))).toEqual(names);
  }
});

it('a folder converted in shards equals what one process writes, and skipped images are listed', async () => {
  const folder = scratchFolder();
  fs.mkdirSync(path.join(folder, 'photos/cat'), { recursive: true });
  for (let i = 0; i < 5; i++) fs.writeFileSync(path.join(folder, `photos/cat/${i}.jpg`), i === 3 ? 'no image' : jpg);
  const [input, whole, output] = ['photos', 'whole.parquet', 'out.parquet'].map((name) => path.join(folder, name));
  await convertDatabase({ input, output: whole, lenient: true });
  for (const index of [0, 1]) await convertDatabase({ input, output, lenient: true, shard: { index, count: 2 } });
  expect((await mergeShards({ output })).skipped).toMatchObject([{ name: 'cat/3.jpg' }]);
  expect(filesOf(output)).toEqual(filesOf(whole));
});
