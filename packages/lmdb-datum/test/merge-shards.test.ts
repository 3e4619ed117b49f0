/** Imports and resizes in shards, merged: the same bytes as in a single run. */
import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  type ConvertOptions,
  convertImageset,
  DatumWriter,
  mergeShards,
  openDatumLmdb,
  resizeDatabase,
} from '../src/entries/index';
import { fixture } from './golden';
import { scratchFolder } from './scratch';

const images = fixture('images');
const bytesOf = (database: string) => fs.readFileSync(path.join(database, 'data.mdb'));
const shardsOf = (count: number) => Array.from({ length: count }, (_, index) => ({ index, count }));

/** A list of many images, some of which do not exist, as usual. */
function makeList(lines: number): ConvertOptions {
  const folder = scratchFolder();
  const list = path.join(folder, 'list.txt');
  const names = Array.from({ length: lines }, (_, i) => (i % 97 === 5 ? `missing-${i}.png 0` : `color.jpg ${i % 3}`));
  fs.writeFileSync(list, `${names.join('\n')}\n`);
  return {
    ...{ input: `${images}/`, list, output: path.join(folder, 'db'), workers: 0 },
    ...{ resizeHeight: 2, resizeWidth: 2, shuffle: 3 },
  };
}

async function importInShards(options: ConvertOptions, count: number, output: string) {
  // In any order: no shard knows about the others.
  for (const shard of shardsOf(count).reverse()) await convertImageset({ ...options, output, shard });
  return mergeShards({ output });
}

describe('an import in shards', () => {
  it('gives the bytes of a single run, over several transactions, for 1, 2 and 7 shards', async () => {
    // Skipped images move the end of the first transaction beyond 1,000 images.
    const options = makeList(1_300);
    const { records, size, skipped } = await convertImageset(options);
    expect(skipped).toHaveLength(14);
    for (const count of [1, 2, 7]) {
      const output = path.join(scratchFolder(), 'db');
      const merged = await importInShards(options, count, output);
      expect(bytesOf(output).equals(bytesOf(options.output)), `${count} shards`).toBe(true);
      expect(fs.readdirSync(output)).toEqual(fs.readdirSync(options.output));
      expect(merged).toMatchObject({ output, shards: count, records, size, skipped, damage: [] });
      using reader = openDatumLmdb(output);
      expect(reader.info.lastTransactionId).toBe(2);
    }
  });

  it('numbers images as the whole import does, and says which shard it makes', async () => {
    const options = makeList(20);
    const report = await convertImageset({ ...options, shuffle: false, shard: { index: 2, count: 4 } });
    expect(report).toMatchObject({ output: `${options.output}.shard-2-of-4`, records: 5 });
    using reader = openDatumLmdb(report.output);
    expect([...reader.keys()]).toEqual([10, 11, 12, 13, 14].map((number) => `000000${number}_color.jpg`));
  });

  it('has shards without images, if there are more shards than images', async () => {
    const options = makeList(3);
    await convertImageset(options);
    const output = path.join(scratchFolder(), 'db');
    expect(await importInShards(options, 7, output)).toMatchObject({ shards: 7, records: 3 });
    expect(bytesOf(output).equals(bytesOf(options.output))).toBe(true);
  });

  it('keeps the names of classes', async () => {
    const options = makeList(10);
    fs.writeFileSync(options.list as string, 'color.jpg cat\ncolor.jpg dog\ncolor.jpg cat\n');
    const whole = await convertImageset({ ...options, labels: 'names' });
    const output = path.join(scratchFolder(), 'db');
    const merged = await importInShards({ ...options, labels: 'names' }, 2, output);
    expect(merged).toMatchObject({ classes: whole.classes, labelsFile: path.join(output, 'labels.txt') });
    expect(fs.readFileSync(`${output}/labels.txt`, 'utf8')).toBe('cat\ndog\n');
  });

  it('does nothing for a complete shard, and refuses one made with other options', async () => {
    const options = { ...makeList(20), shard: { index: 1, count: 2 } };
    const first = await convertImageset(options);
    const { mtimeMs } = fs.statSync(`${first.output}/data.mdb`);
    const again = await convertImageset(options);
    const { elapsedMs, ...same } = first;
    expect(again).toMatchObject({ ...same, wasComplete: true });
    expect(fs.statSync(`${first.output}/data.mdb`).mtimeMs).toBe(mtimeMs);
    const other = (change: Partial<ConvertOptions>) => convertImageset({ ...options, ...change }).catch(String);
    expect(await other({ resizeHeight: 3, resizeWidth: 3 })).toMatch(
      /db\.shard-1-of-2 already exists and was made with size 2x2, not 3x3; delete it, or choose another output\.$/,
    );
    expect(await other({ shuffle: 4 })).toMatch(
      /already exists and was made with different images, labels or order; delete/,
    );
    expect(await other({ shard: { index: 2, count: 2 } })).toMatch(/shard: expected an index from 0 to count - 1/);
  });

  it('fails as a single process does if no image can be read, or if sizes differ but must not', async () => {
    const options = makeList(4);
    fs.writeFileSync(options.list as string, 'missing.png 0\n'.repeat(4));
    await expect(importInShards(options, 2, options.output)).rejects.toThrow(
      /db: none of its 4 images can be read\. The first: .*missing\.png does not exist/,
    );
    const list = makeList(2);
    fs.writeFileSync(list.list as string, 'color.jpg 0\nexif-6.jpg 0\n');
    const own = { ...list, resizeHeight: 0, resizeWidth: 0, checkSize: true };
    const error = await importInShards(own, 2, list.output).catch((caught) => caught);
    expect(error.message).toMatch(
      /db\.shard-1-of-2: expected images of 3x.* like those of .*db\.shard-0-of-2, received 3x/,
    );
    expect(error.code).toBe('MIXED_SIZES');
  });
});

describe('shards that do not belong together', () => {
  /** Three shards of an import; `change` modifies them. */
  async function mergeAfter(change: (options: ConvertOptions) => unknown) {
    const options = makeList(30);
    for (const shard of shardsOf(3)) await convertImageset({ ...options, shard });
    await change(options);
    const error = await mergeShards({ output: options.output }).catch((caught) => caught);
    expect(fs.readdirSync(path.dirname(options.output)).filter((name) => !/shard|list/.test(name))).toEqual([]);
    return `${error.code}: ${error.sentence.replaceAll(`${path.dirname(options.output)}/`, '')}`;
  }
  const remove = (name: string) => fs.rmSync(name, { recursive: true });

  it.each<[string, (options: ConvertOptions) => unknown, string]>([
    [
      'since one is missing',
      ({ output }) => remove(`${output}.shard-1-of-3`),
      'db: of its 3 shards db.shard-1-of-3 is missing; run the command for that shard first.',
    ],
    [
      'since two are missing',
      ({ output }) => [0, 2].forEach((index) => void remove(`${output}.shard-${index}-of-3`)),
      'db: of its 3 shards db.shard-0-of-3, db.shard-2-of-3 are missing; run the command for those shards first.',
    ],
    [
      'since one is there twice',
      ({ output }) => fs.cpSync(`${output}.shard-1-of-3`, `${output}.shard-01-of-3`, { recursive: true }),
      'db.shard-1-of-3 and db.shard-01-of-3 are both shard 1 of 3; delete one of them.',
    ],
    [
      'since one is of another size',
      async (options) => {
        remove(`${options.output}.shard-1-of-3`);
        await convertImageset({ ...options, resizeHeight: 3, resizeWidth: 3, shard: { index: 1, count: 3 } });
      },
      'db.shard-1-of-3 was made with size 3x3, not 2x2 like db.shard-0-of-3; delete the wrong one, and create the missing ones.',
    ],
    [
      'since one is of other images',
      async (options) => {
        remove(`${options.output}.shard-2-of-3`);
        fs.appendFileSync(options.list as string, 'color.jpg 0\n');
        await convertImageset({ ...options, shard: { index: 2, count: 3 } });
      },
      'db.shard-2-of-3 was made with different images, labels or order from db.shard-0-of-3; delete the wrong one, and create the missing ones.',
    ],
    [
      'since one is of another number of shards',
      (options) => convertImageset({ ...options, shard: { index: 0, count: 2 } }),
      'db.shard-0-of-3 is one of 3 shards, but db.shard-0-of-2 is one of 2; delete the wrong one, and create the missing ones.',
    ],
    [
      'since one is not complete',
      ({ output }) => fs.rmSync(`${output}.shard-0-of-3/shard.json`),
      'db.shard-0-of-3 contains no complete shard; run its command again.',
    ],
    [
      'since a note is damaged',
      ({ output }) => fs.writeFileSync(`${output}.shard-0-of-3/shard.json`, '{"version":1,"kind":"import"}'),
      'db.shard-0-of-3/shard.json is not the note of a shard of this version; delete db.shard-0-of-3 and create it again.',
    ],
    [
      'since there are none',
      ({ output }) => [0, 1, 2].forEach((index) => void remove(`${output}.shard-${index}-of-3`)),
      'db has no shards (they would be called db.shard-0-of-2 and so on); run the command for each shard first.',
    ],
  ])('are refused by name, %s', async (_, change, sentence) => {
    expect(await mergeAfter(change)).toBe(`BAD_SHARDS: ${sentence}`);
  });

  it('are refused where records are missing', async () => {
    const options = makeList(30);
    for (const shard of shardsOf(2)) await convertImageset({ ...options, shard });
    const other = makeList(8);
    await convertImageset(other);
    fs.copyFileSync(`${other.output}/data.mdb`, `${options.output}.shard-1-of-2/data.mdb`);
    await expect(mergeShards({ output: options.output })).rejects.toThrow(
      /db\.shard-1-of-2: expected 14 records, as its note says, received 7; delete it and create it again/,
    );
    expect(fs.existsSync(options.output)).toBe(false);
  });

  it('can be listed, wherever they are', async () => {
    const options = makeList(30);
    const made = [];
    for (const shard of shardsOf(2)) made.push((await convertImageset({ ...options, shard })).output);
    const output = path.join(scratchFolder(), 'other');
    expect(await mergeShards({ output, shards: made.reverse() })).toMatchObject({ records: 29 });
    // A second call finds the work done, unless there is something else.
    const before = fs.statSync(`${output}/data.mdb`).mtimeMs;
    expect(await mergeShards({ output, shards: made })).toMatchObject({ wasComplete: true, records: 29, shards: 2 });
    expect(fs.statSync(`${output}/data.mdb`).mtimeMs).toBe(before);
    fs.writeFileSync(`${output}/labels.txt`, 'cat');
    await expect(mergeShards({ output, shards: made })).rejects.toThrow(/other already exists; delete it/);
    fs.rmSync(`${output}/labels.txt`);
    fs.truncateSync(`${output}/data.mdb`, 4096);
    await expect(mergeShards({ output, shards: made })).rejects.toThrow(/other already exists; delete it/);
    await expect(mergeShards({ output })).rejects.toThrow(/other already exists; delete it/);
    const again = { output: `${output}2`, shards: [...made, made[0] as string] };
    await expect(mergeShards(again)).rejects.toThrow(/db\.shard-1-of-2 and .*db\.shard-1-of-2 are both shard 1 of 2/);
  });
});

describe('a resize in shards', () => {
  async function makeDatabase(records: number): Promise<string> {
    const input = path.join(scratchFolder(), 'large');
    const writer = await DatumWriter.open(input);
    for (let i = 0; i < records; i++) {
      const data = Uint8Array.from({ length: 48 }, (_, k) => (i * 31 + k * 7) % 256);
      await writer.put(`${i}-name`.padStart(12, '0'), { channels: 3, height: 4, width: 4, data, label: i % 5 });
    }
    await writer.close();
    return input;
  }

  it.each([1, 2, 7])('into %i shards gives the bytes of a single run', async (count) => {
    const input = await makeDatabase(1_200);
    const folder = scratchFolder();
    const options = { input, height: 2, width: 3, workers: 0 };
    await resizeDatabase({ ...options, output: `${folder}/whole` });
    const output = path.join(folder, 'merged');
    for (const shard of shardsOf(count)) {
      const made = await resizeDatabase({ ...options, output, shard });
      expect(await resizeDatabase({ ...options, output, shard })).toMatchObject({
        records: made.records,
        wasComplete: true,
      });
    }
    expect(await mergeShards({ output })).toMatchObject({ shards: count, records: 1_200 });
    expect(bytesOf(output).equals(bytesOf(`${folder}/whole`))).toBe(true);
  });

  it('reports the damage of all shards, and refuses shards of another database', async () => {
    const input = await makeDatabase(40);
    const writer = await DatumWriter.open(input, { mode: 'append' });
    await writer.put('z-broken', { data: Buffer.from('no image'), encoded: true });
    await writer.close();
    const output = path.join(scratchFolder(), 'db');
    const options = { input, output, height: 2, width: 2, workers: 0, lenient: true };
    for (const shard of shardsOf(2)) await resizeDatabase({ ...options, shard });
    const { damage, records } = await mergeShards({ output });
    expect([records, damage]).toMatchObject([40, [{ key: 'z-broken' }]]);
    fs.rmSync(output, { recursive: true });
    fs.rmSync(`${output}.shard-1-of-2`, { recursive: true });
    await resizeDatabase({ ...options, input: await makeDatabase(41), shard: { index: 1, count: 2 } });
    await expect(mergeShards({ output })).rejects.toThrow(
      /db\.shard-1-of-2 was made with different images.* from .*db\.shard-0-of-2/,
    );
  });
});
