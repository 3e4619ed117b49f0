import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { decodeSample } from '../src/datum/sample';
import { type Datum, type DatumReader, encodeSample, openDatumLmdb, type Sample } from '../src/entries/index';
import { fixture, GOLDEN_NAMES, type GoldenRecord, golden, keyOf, sha256 } from './golden';

function expectDatum(datum: Datum, expected: GoldenRecord) {
  const { channels, height, width, label, encoded } = expected;
  expect(datum).toMatchObject({ channels, height, width, encoded });
  expect(datum.label ?? null).toBe(label);
  expect(datum.data.length).toBe(expected.dataBytes);
  expect(sha256(datum.data)).toBe(expected.dataSha256);
  expect(datum.floatData && [...datum.floatData]).toEqual(expected.floatData);
}

describe.each(GOLDEN_NAMES)('%s.mdb, written by py-lmdb', (name) => {
  const { stat, lastTransactionId, mapSizeBytes, records } = golden(name);
  const open = () => openDatumLmdb(fixture(`${name}.mdb`));

  it('has the properties that py-lmdb reports', () => {
    using reader = open();
    const sorted = records.map((record) => keyOf(record).toString());
    expect(reader.info).toMatchObject({
      format: 1,
      count: stat.entries,
      pageSizeBytes: stat.psize,
      depth: stat.depth,
      branchPages: stat.branch_pages,
      leafPages: stat.leaf_pages,
      overflowPages: stat.overflow_pages,
      lastTransactionId,
      mapSizeBytes,
      firstKey: sorted[0],
      lastKey: sorted.at(-1),
    });
    expect(reader.length).toBe(records.length);
  });

  it('returns every record in key order', () => {
    using reader = open();
    const entries = [...reader.entries()];
    expect(entries.map(({ keyBytes }) => Buffer.from(keyBytes).toString('base64'))).toEqual(
      records.map(({ key }) => key),
    );
    entries.forEach(({ datum }, i) => {
      expectDatum(datum, records[i]!);
    });
  });

  it('returns every record by key and by number', () => {
    using reader = open();
    records.forEach((record, i) => {
      expectDatum(reader.get(keyOf(record))!, record);
      expectDatum(reader.datumAt(i)!, record);
      expect(reader.keyAt(i)).toBe(keyOf(record).toString());
    });
  });

  it('returns the same keys forward, backward and from any start to any end', () => {
    using reader = open();
    const keys = records.map((record) => keyOf(record).toString());
    expect([...reader.keys()]).toEqual(keys);
    expect([...reader.keys({ reverse: true })]).toEqual(keys.toReversed());
    for (let start = 0; start < keys.length; start += 1 + (keys.length >> 3)) {
      for (let end = 0; end < keys.length; end += 1 + (keys.length >> 3)) {
        const range = { start: keyOf(records[start]!), end: keyOf(records[end]!) };
        expect([...reader.keys(range)]).toEqual(keys.slice(start, end));
        expect([...reader.keys({ ...range, reverse: true })]).toEqual(keys.slice(start, end).toReversed());
      }
    }
  });
});

describe('samples', () => {
  const { records } = golden('variants');
  const sampleOf = async (reader: DatumReader, i: number) => (await reader.at(i)) as Sample;

  it.each(records.map((record, i) => [keyOf(record).toString(), record, i] as const).filter(([, r]) => r.decoded))(
    '%s decodes to the pixels that OpenCV gives',
    async (key, record, i) => {
      using reader = openDatumLmdb(fixture('variants.mdb'));
      const sample = await sampleOf(reader, i);
      const [channels, height, width] = record.decoded!.shape;
      expect(sample).toMatchObject({ channels, height, width, label: record.label, key });
      const expected = Buffer.from(record.decoded!.pixelsChwBgr, 'base64');
      const worst = Math.max(...expected.map((value, at) => Math.abs(value - sample.data[at]!)));
      expect(sample.data.length).toBe(expected.length);
      // JPEG decoders may differ by one or two levels in upsampled chroma.
      expect(worst).toBeLessThanOrEqual(key.endsWith('.jpg') ? 3 : 0);
    },
  );

  it('raw records are returned directly, without a Promise', () => {
    using reader = openDatumLmdb(fixture('variants.mdb'));
    const sample = reader.at(0) as Sample;
    expect(sample).toMatchObject({ channels: 3, height: 8, width: 6, label: 3, key: '00000000_raw.png' });
    expect(sha256(sample.data)).toBe(records[0]!.dataSha256);
  });

  it('float_data is returned as floats, packed or not; only integers from 0 to 255 become image files', async () => {
    using reader = openDatumLmdb(fixture('variants.mdb'));
    const whole = records.findIndex((record) => keyOf(record).toString().endsWith('floats-whole'));
    for (const i of [whole - 2, whole - 1, whole]) {
      const { data } = reader.at(i) as Sample;
      expect([data.constructor, [...data]]).toEqual([Float32Array, records[i]!.floatData]);
    }
    const file = await encodeSample(reader.at(whole) as Sample, 'png');
    expect(Buffer.from(file).toString('latin1', 1, 4)).toBe('PNG');
    await expect(encodeSample(reader.at(whole - 1) as Sample, 'png')).rejects.toThrow(
      /key 00000012_floats-packed: expected float_data of whole numbers/,
    );
  });

  it('become image files again', async () => {
    using reader = openDatumLmdb(fixture('variants.mdb'));
    for (const i of [0, 1, 2, 8]) {
      const sample = await sampleOf(reader, i);
      const file = await encodeSample(sample, 'png');
      const decoded = decodeSample({ ...sample, data: file, encoded: true }, 'x');
      expect({ ...(await decoded), key: sample.key }).toEqual({ ...sample, data: (await decoded).data });
      expect(sha256((await decoded).data)).toBe(sha256(sample.data));
    }
    await expect(
      encodeSample({ channels: 5, height: 1, width: 1, data: new Uint8Array(5) }, 'png'),
    ).rejects.toMatchObject({ code: 'BAD_DATUM' });
  });

  it('numbers out of range give undefined, as in an array', () => {
    using reader = openDatumLmdb(fixture('variants.mdb'));
    for (const i of [-1, records.length, 0.5, Number.NaN]) {
      expect([reader.at(i), reader.datumAt(i), reader.keyAt(i)]).toEqual([undefined, undefined, undefined]);
    }
  });
});

describe('the reader', () => {
  it('opens a folder, and a folder with another alphabet', () => {
    const folder = path.join(fs.mkdtempSync(path.join(os.tmpdir(), 'lmdb-datum-')), 'Zürich 日本');
    fs.mkdirSync(folder);
    fs.copyFileSync(fixture('overflow.mdb'), path.join(folder, 'data.mdb'));
    using reader = openDatumLmdb(folder);
    expect(reader.length).toBe(golden('overflow').records.length);
    expect(fs.readdirSync(folder)).toEqual(['data.mdb']);
  });

  it('returns undefined for keys that do not exist, before, between and after the others', () => {
    using reader = openDatumLmdb(fixture('overflow.mdb'));
    for (const key of ['', '0', '00000003', '00000003_n/3.jpg ', 'zzz', 'x'.repeat(600)])
      expect(reader.get(key)).toBeUndefined();
  });

  it('stops a scan when the signal aborts, with its reason', () => {
    using reader = openDatumLmdb(fixture('overflow.mdb'));
    const controller = new AbortController();
    const seen: string[] = [];
    const scan = () => {
      for (const { key } of reader.entries({ signal: controller.signal })) {
        seen.push(key);
        if (seen.length === 3) controller.abort(new Error('enough'));
      }
    };
    expect(scan).toThrow('enough');
    expect(seen.length).toBe(3);
  });

  it('returns records that later reads do not change', () => {
    using reader = openDatumLmdb(fixture('overflow.mdb'));
    const { records } = golden('overflow');
    const kept = [...reader.entries()];
    for (let i = 0; i < reader.length; i++) reader.datumAt(reader.length - 1 - i);
    kept.forEach(({ datum }, i) => {
      expect(sha256(datum.data)).toBe(records[i]!.dataSha256);
    });
  });

  it('allows two readers in one process, which are closed independently', () => {
    using one = openDatumLmdb(fixture('overflow.mdb'));
    const two = openDatumLmdb(fixture('overflow.mdb'));
    const keys = two.keys();
    expect(keys.next().value).toBe(one.firstKey);
    two.close();
    two.close();
    expect(() => two.get('00000000_n/0.jpg')).toThrow(expect.objectContaining({ code: 'CLOSED' }));
    expect(() => two.at(0)).toThrow(/the reader is closed; open the database again/);
    expect([...one.keys()].length).toBe(one.length);
  });
});
