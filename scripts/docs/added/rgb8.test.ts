/** What docs/extending.md adds to @ae/lmdb-datum. */
import path from 'node:path';
import { expect, it } from 'vitest';
import { DatumWriter, openDatumLmdb, verify } from '../src/entries/index';
import { scratchFolder } from './scratch';

it('the schema of the page is told, read and verified', async () => {
  const folder = path.join(scratchFolder(), 'rgb8');
  const writer = await DatumWriter.open(folder);
  await writer.putBytes(
    'a',
    Buffer.concat([Buffer.from('RGB8\x01\0\x02\0', 'latin1'), Buffer.from([1, 2, 3, 4, 5, 6])]),
  );
  await writer.close();
  using reader = openDatumLmdb(folder);
  expect(reader.schema).toMatchObject({ name: 'rgb8', told: 'RGB8 pixels in the first record' });
  const { channels, height, width, data } = await reader.at(0);
  expect({ channels, height, width, data: [...data] }).toEqual({
    channels: 3,
    height: 1,
    width: 2,
    data: [3, 6, 2, 5, 1, 4],
  });
  expect(await verify(folder)).toMatchObject({ readable: 1 });
});
