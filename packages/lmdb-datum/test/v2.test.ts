import fs from 'node:fs';
import { describe, expect, it } from 'vitest';
import { openDatumLmdb, verify } from '../src/entries/index';
import { fixture, golden, keyOf, sha256 } from './golden';

describe('v2.mdb, written by npm lmdb 3.x', () => {
  const expected = [...golden('variants').records, ...golden('overflow').records.slice(0, 6)].sort((a, b) =>
    Buffer.compare(keyOf(a), keyOf(b)),
  );

  it('is the file that its generator wrote', () => {
    expect(sha256(fs.readFileSync(fixture('v2.mdb')))).toBe(
      JSON.parse(fs.readFileSync(fixture('v2.json'), 'utf8')).sha256,
    );
  });

  it('returns every record, in order, by key and by number', () => {
    using reader = openDatumLmdb(fixture('v2.mdb'));
    expect(reader.info).toMatchObject({ format: 2, count: expected.length, pageSizeBytes: 4096 });
    const entries = [...reader.entries()];
    expect(entries.map(({ keyBytes }) => Buffer.from(keyBytes).toString('base64'))).toEqual(
      expected.map(({ key }) => key),
    );
    entries.forEach(({ datum, keyBytes }, i) => {
      const { label, encoded, dataSha256 } = expected[i]!;
      expect([datum.label ?? null, datum.encoded, sha256(datum.data)]).toEqual([label, encoded, dataSha256]);
      expect(reader.get(keyBytes)).toEqual(datum);
      expect(reader.datumAt(i)).toEqual(datum);
    });
  });

  it('is sound', async () => {
    expect(await verify(fixture('v2.mdb'))).toMatchObject({ ok: true, readable: expected.length, damage: [] });
  });
});
