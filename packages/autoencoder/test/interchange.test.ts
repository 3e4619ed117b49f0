import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { findPython, runPython } from '@ae/testing/python';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Codes, encodeNpy, encodeTextNpy, writeCodesNpy, writeCodesParquet } from '../src/entries/codes';

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'ae-test-'));
});

afterAll(() => rm(folder, { recursive: true, force: true }));

const keys = ['00000000_a.png', 'clé', '🦊 fox', ''];
const labels = [3, undefined, -7, 0];
const values = Float32Array.from([0, -0.5, 1e-30, 3e38, Number.NaN, Number.POSITIVE_INFINITY, 1 / 3, -1, 2, 3, 4, 5]);
const codes: Codes = { values, count: 4, codeSize: 3, keys, labels };

/** The same codes as two batches. */
async function* batches(): AsyncGenerator<Codes> {
  yield { ...codes, values: values.subarray(0, 3), count: 1, keys: keys.slice(0, 1), labels: labels.slice(0, 1) };
  yield { ...codes, values: values.subarray(3), count: 3, keys: keys.slice(1), labels: labels.slice(1) };
}

/** Floats as their bits, which survive JSON. */
const expectedBits = Array.from(new Uint32Array(values.buffer.slice(0)));

describe('.npy', () => {
  const python = findPython(['numpy'], '.npy files read by numpy');

  it.runIf(python).each([
    ['at once', () => codes],
    ['batch by batch', batches],
  ])('is what numpy reads, written %s', async (name, source) => {
    const target = path.join(folder, `npy ${name}`);
    expect(await writeCodesNpy(source(), target)).toBe(4);
    const read = runPython<Record<string, unknown>>(
      python as string,
      '-c',
      `
import json, sys, numpy as np
codes, keys, labels = (np.load(sys.argv[1] + "/" + n + ".npy", allow_pickle=False) for n in ("codes", "keys", "labels"))
mapped = np.load(sys.argv[1] + "/codes.npy", mmap_mode="r")
print(json.dumps({
  "shape": codes.shape, "dtype": str(codes.dtype), "mapped": bool((mapped.view("u4") == codes.view("u4")).all()),
  "bits": codes.view("u4").ravel().tolist(), "keys": keys.tolist(), "labels": labels.tolist(), "labelType": str(labels.dtype),
}))`,
      target,
    );
    expect(read).toEqual({
      ...{ shape: [4, 3], dtype: 'float32', mapped: true, bits: expectedBits },
      ...{ keys, labels: [3, -1, -7, 0], labelType: 'int32' },
    });
  });

  it.runIf(python)('contains arrays of any shape, with a header padded as NumPy requires', () => {
    const arrays = [
      encodeNpy(Float32Array.from([1, 2, 3, 4, 5, 6]), [1, 2, 3]),
      encodeNpy(Int32Array.from([-1]), []),
      encodeTextNpy([]),
    ];
    const read = runPython<unknown>(
      python as string,
      '-c',
      `
import base64, io, json, sys, numpy as np
arrays = [np.load(io.BytesIO(base64.b64decode(a))) for a in sys.argv[1:]]
print(json.dumps([[a.shape, a.tolist()] for a in arrays]))`,
      ...arrays.map((array) => Buffer.from(array).toString('base64')),
    );
    expect(read).toEqual([
      [
        [1, 2, 3],
        [
          [
            [1, 2, 3],
            [4, 5, 6],
          ],
        ],
      ],
      [[], -1],
      [[0], []],
    ]);
    for (const array of arrays) expect((10 + Buffer.from(array).readUInt16LE(8)) % 64).toBe(0);
  });
});

describe('Parquet', () => {
  const python = findPython(['pyarrow'], 'Parquet files read by pyarrow');

  it.runIf(python).each([
    ['at once', () => codes],
    ['batch by batch', batches],
  ])('is what pyarrow reads, written %s', async (name, source) => {
    const target = path.join(folder, `${name}.parquet`);
    expect(await writeCodesParquet(source(), target)).toBe(4);
    const read = runPython<Record<string, unknown>>(
      python as string,
      '-c',
      `
import json, sys, numpy as np, pyarrow.parquet as pq
table = pq.read_table(sys.argv[1])
code = np.array(table["code"].to_pylist(), np.float32)
print(json.dumps({
  "types": [str(f.type) for f in table.schema], "keys": table["key"].to_pylist(), "labels": table["label"].to_pylist(),
  "shape": code.shape, "bits": code.view("u4").ravel().tolist(),
}))`,
      target,
    );
    expect(read).toEqual({
      types: ['string', 'int32', 'list<element: float not null>'],
      keys,
      labels: [3, null, -7, 0],
      shape: [4, 3],
      bits: expectedBits,
    });
  });

  it.runIf(python)('contains more rows than one group', async () => {
    const count = 5000;
    const many: Codes = {
      values: Float32Array.from({ length: 2 * count }, (_, i) => i),
      ...{ count, codeSize: 2, keys: Array.from({ length: count }, (_, i) => `k${i}`) },
      labels: new Array(count).fill(undefined),
    };
    const target = path.join(folder, 'many.parquet');
    await writeCodesParquet(many, target);
    const read = runPython<unknown>(
      python as string,
      '-c',
      `
import json, sys, pyarrow.parquet as pq
file = pq.ParquetFile(sys.argv[1])
table = file.read()
print(json.dumps([file.num_row_groups, table.num_rows, table["key"][4999].as_py(), table["code"][4999].as_py(),
  table["label"].null_count, table["code"].combine_chunks().flatten().to_numpy().sum().item()]))`,
      target,
    );
    expect(read).toEqual([3, count, 'k4999', [9998, 9999], count, (10_000 * 9999) / 2]);
  });
});

describe('files of codes', () => {
  it('never overwrite anything, and leave nothing behind if writing fails', async () => {
    const failing = async function* () {
      yield codes;
      throw new Error('the source broke');
    };
    for (const write of [writeCodesNpy, writeCodesParquet]) {
      const target = path.join(folder, `kept-${write.name}`);
      await expect(write(failing(), target)).rejects.toThrow('the source broke');
      await write(codes, target);
      await expect(write(codes, target)).rejects.toMatchObject({ code: 'OUTPUT_EXISTS' });
      await expect(write((async function* () {})(), path.join(folder, 'none'))).rejects.toThrow(/at least one code/);
    }
    expect((await readdir(folder)).filter((name) => name.includes('tmp') || name === 'none')).toEqual([]);
    expect((await readFile(path.join(folder, 'kept-writeCodesParquet'))).subarray(0, 4).toString()).toBe('PAR1');
  });
});
