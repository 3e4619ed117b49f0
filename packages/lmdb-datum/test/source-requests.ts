/** What is asked of a server: how often, and for how many bytes. */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DatumWriter, openDatumLmdb } from '../src/entries/index';
import { openDatumSource } from '../src/entries/source';
import { type RangeServer, serveRanges } from './range-server';

/** Tests reading over HTTP with a database of so many small records. */
export function describeRequests(records: number): void {
  describe(`an address, of ${records} records`, () => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'lmdb-datum-'));
    const file = path.join(folder, 'many', 'data.mdb');
    const at = (part: number) => Math.floor(part * records);
    const key = (part: number, more = 0) => String(at(part) + more).padStart(8, '0');
    let server: RangeServer;
    let fileBytes = 0;

    beforeAll(async () => {
      const writer = await DatumWriter.open(path.join(folder, 'many'));
      for (let i = 0; i < records; i++) {
        const data = new Uint8Array(192).fill(i);
        await writer.put(String(i).padStart(8, '0'), { channels: 3, height: 8, width: 8, data, label: i });
      }
      await writer.close();
      fileBytes = fs.statSync(file).size;
      server = await serveRanges(file);
    }, 60_000);
    afterAll(async () => {
      await server.close();
      fs.rmSync(folder, { recursive: true });
    });

    it('takes one request to open, and as many as the tree is deep to look a record up', async () => {
      const source = await openDatumSource(server.address);
      expect([source.length, server.requests]).toEqual([records, 1]);
      expect(source.info).toMatchObject({ schema: { name: 'datum' }, fileSizeBytes: fileBytes });
      const { depth } = source.info;
      const before = { ...server };
      expect(await source.get(key(0.67))).toMatchObject({ channels: 3, height: 8, label: at(0.67) });
      expect(server.requests - before.requests).toBeLessThanOrEqual(depth);
      expect(server.bytes).toBeLessThan(fileBytes / 100);
      expect(source.traffic).toEqual({ requests: server.requests, bytes: server.bytes });
      // Its neighbor is in a page that is known.
      const { requests } = server;
      expect((await source.get(key(0.67, 1)))?.label).toBe(at(0.67) + 1);
      expect(server.requests - requests).toBeLessThanOrEqual(1);
    });

    it('joins ranges that lie near each other', async () => {
      const source = await openDatumSource(new URL(server.address));
      const { requests, bytes } = server;
      const labels: unknown[] = [];
      for await (const { datum } of source.entries({ start: key(0.5), end: key(0.5, 100) })) labels.push(datum.label);
      expect(labels).toEqual(Array.from({ length: 100 }, (_, i) => at(0.5) + i));
      expect(server.requests - requests).toBeLessThan(8);
      expect(server.bytes - bytes).toBeLessThan(200_000);
    });

    it('asks once for what many ask for at the same time, and together for what lies near', async () => {
      const source = await openDatumSource(server.address);
      const { requests } = server;
      const found = await Promise.all(Array.from({ length: 100 }, (_, i) => source.get(key(0.3, i))));
      expect(found.map((datum) => datum?.label)).toEqual(Array.from({ length: 100 }, (_, i) => at(0.3) + i));
      expect(server.requests - requests).toBeLessThan(8);
    });

    it('starts anywhere, and ends after as many records as are wanted', async () => {
      const source = await openDatumSource(server.address);
      const { requests, bytes } = server;
      const labels: number[] = [];
      for await (const { datum } of source.entries({ start: await source.keyNear(0.5), limit: 100 }))
        labels.push(datum.label as number);
      expect(labels).toEqual(Array.from({ length: 100 }, (_, i) => labels[0]! + i));
      expect(Math.abs(labels[0]! / records - 0.5)).toBeLessThan(0.1);
      expect(server.requests - requests).toBeLessThanOrEqual(10);
      expect(server.bytes - bytes).toBeLessThan(200_000);
    });

    it('gives records by number, with few pages in memory', async () => {
      using reader = openDatumLmdb(file);
      const source = await openDatumSource(server.address, { cacheBytes: 0 });
      const numbers = [0, records - 1, at(0.7), at(0.7) + 1, at(0.2)];
      for (const i of numbers) {
        const { data, ...rest } = (await reader.at(i))!;
        expect(await source.at(i)).toEqual({ ...rest, data: new Uint8Array(data) });
      }
      const all = await Promise.all(Array.from({ length: 200 }, (_, i) => source.at(at(0.4) + 50 * i)));
      expect(all.map((sample) => sample?.label)).toEqual(Array.from({ length: 200 }, (_, i) => at(0.4) + 50 * i));
      expect(await source.at(records)).toBeUndefined();
      expect(await source.at(-1)).toBeUndefined();
    });

    it('keeps as many pages in memory as it may', async () => {
      const walkAgain = async (cacheBytes: number) => {
        const source = await openDatumSource(server.address, { cacheBytes });
        for await (const _ of source.keys({ limit: 2000 }));
        const { requests } = server;
        for await (const _ of source.keys({ limit: 2000 }));
        return server.requests - requests;
      };
      expect(await walkAgain(1 << 30)).toBe(0);
      expect(await walkAgain(0)).toBeGreaterThan(2);
    });

    it('says that the file was replaced', async () => {
      const source = await openDatumSource(server.address);
      await source.get('00000000');
      server.etag = '"2"';
      await expect(source.get(key(0.99))).rejects.toMatchObject({
        code: 'SOURCE_CHANGED',
        message: `[lmdb-datum] ${server.address} was replaced while it was being read; open it again.`,
      });
    });

    it('a signal ends reading', async () => {
      const controller = new AbortController();
      const source = await openDatumSource(server.address, { signal: controller.signal });
      controller.abort(new Error('enough'));
      await expect(source.get(key(0.6))).rejects.toThrow('enough');
      const other = await openDatumSource(server.address);
      const walk = other.entries({ signal: AbortSignal.abort(new Error('enough of this')) });
      await expect(walk.next()).rejects.toThrow('enough of this');
      expect((await other.get(key(0.6)))?.label).toBe(at(0.6));
    });
  });
}
