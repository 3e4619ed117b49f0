/** Readers without a lock rely on the pages of their snapshot until two more commits are done. */
import fs from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { caffeKey, DatumWriter, openDatumLmdb, verify } from '../src/entries/index';
import { scratchFolder } from './scratch';

/** Returns the contents of a file, as text. */
function contentOf(file: string): string[] {
  using reader = openDatumLmdb(file);
  return [...reader].map(({ key, datum }) => `${key} ${datum.label} ${datum.data.length}`);
}

it('a commit does not touch the pages of the second-to-last snapshot, although their numbers are small', async () => {
  const folder = scratchFolder();
  const database = path.join(folder, 'grown.lmdb');
  const metaBytes = 2 * 4096;
  const before: { bytes: Buffer; content: string[] }[] = [];
  for (let i = 0; i < 24; i++) {
    const writer = await DatumWriter.open(database, { mode: i === 0 ? 'create' : 'append' });
    await writer.put(caffeKey(i, 'a.png'), { encoded: true, data: Buffer.alloc(700 * (i % 9) + 1, i), label: i });
    await writer.close();
    const bytes = fs.readFileSync(path.join(database, 'data.mdb'));
    const older = before.at(-2);
    if (older) {
      // The file as the older snapshot's reader sees it until the last meta page is written.
      const seen = path.join(folder, `seen-${i}.mdb`);
      fs.writeFileSync(seen, Buffer.concat([older.bytes.subarray(0, metaBytes), bytes.subarray(metaBytes)]));
      expect(contentOf(seen)).toEqual(older.content);
      expect((await verify(seen, { images: false })).damage).toEqual([]);
    }
    before.push({ bytes, content: contentOf(path.join(database, 'data.mdb')) });
  }
});
