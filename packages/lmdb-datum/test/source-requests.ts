/** What is asked of a server: how often, and for how many bytes. */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DatumWriter } from '../src/index';
import { openDatumSource } from '../src/source';
import { type RangeServer, serveRanges } from './range-server';

/** Tests reading over HTTP with a database of so many small records. */
export function describeRequests(records: number): void {
  describe(`an address, of ${records} records`, () => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'lmdb-datum-'));
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
      const file = path.join(folder, 'many', 'data.mdb');
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
      const { depth } = source.info;
      const before = { ...server };
      const found = await source.get(key(0.67));
      expect(found?.datum).toMatchObject({ channels: 3, height: 8, label: at(0.67) });
      expect(server.requests - before.requests).toBeLessThanOrEqual(depth + 1);
      expect(server.bytes).toBeLessThan(fileBytes / 100);
      // Its neighbor is in a page that is known.
      const { requests } = server;
      expect((await source.get(key(0.67, 1)))?.datum.label).toBe(at(0.67) + 1);
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

    it('says that the file was replaced, that it is served without ranges, or is not there', async () => {
      const source = await openDatumSource(server.address);
      await source.get('00000000');
      server.etag = '"2"';
      await expect(source.get(key(0.99))).rejects.toMatchObject({
        code: 'SOURCE_CHANGED',
        message: `[lmdb-datum] ${server.address} was replaced while it was being read; open it again.`,
      });
      server.ignoresRanges = true;
      await expect(openDatumSource(server.address)).rejects.toThrow(
        `${server.address} is served whole, without ranges; serve it by a server that takes range requests.`,
      );
      server.ignoresRanges = false;
      await expect(openDatumSource('http://127.0.0.1:1/')).rejects.toThrow(/cannot be reached .*; check the address/);
      await expect(openDatumSource(3 as never)).rejects.toThrow('source: expected an address, a Blob, bytes');
      await expect(openDatumSource(Buffer.from('no database'))).rejects.toMatchObject({ code: 'NOT_LMDB' });
    });

    it('a signal ends reading', async () => {
      const controller = new AbortController();
      const source = await openDatumSource(server.address, { signal: controller.signal });
      controller.abort(new Error('enough'));
      await expect(source.get('00000000')).rejects.toThrow('enough');
    });
  });
}
