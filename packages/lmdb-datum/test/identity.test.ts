import { copyFile, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type DatabaseIdentity, DatumWriter, openDatumLmdb } from '../src/entries/index';

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'lmdb-datum-identity-'));
});

afterAll(() => rm(folder, { recursive: true, force: true }));

/** Writes 300 records; `change` may change one of them. */
async function write(name: string, change?: { index: number; label?: number; value?: number }): Promise<string> {
  const file = path.join(folder, name);
  const writer = await DatumWriter.open(file);
  for (let i = 0; i < 300; i++) {
    const data = new Uint8Array(48).fill(i % 251);
    const isChanged = change?.index === i;
    if (isChanged && change.value !== undefined) data[7] = change.value;
    await writer.put(String(i).padStart(8, '0'), {
      ...{ channels: 3, height: 4, width: 4, data },
      label: (isChanged && change.label) || 1,
    });
  }
  await writer.close();
  return file;
}

async function identityOf(file: string): Promise<DatabaseIdentity> {
  const reader = openDatumLmdb(file);
  try {
    return await reader.identity();
  } finally {
    reader.close();
  }
}

it('is the same for a copy, and differs after any pixel of any record has changed', async () => {
  const file = await write('first.lmdb');
  const identity = await identityOf(file);
  expect(identity).toMatchObject({ complete: true, content: expect.stringMatching(/^[0-9a-f]{64}$/) });
  const copy = path.join(folder, 'copy.lmdb');
  await mkdir(copy);
  await copyFile(path.join(file, 'data.mdb'), path.join(copy, 'data.mdb'));
  expect(await identityOf(copy)).toEqual(identity);
  for (const index of [0, 1, 157, 299]) {
    const other = await identityOf(await write(`changed-${index}.lmdb`, { index, value: 255 }));
    expect(other.content).not.toBe(identity.content);
  }
  // What training does not see does not count as a change of content.
  expect((await identityOf(await write('labels.lmdb', { index: 3, label: 9 }))).content).toBe(identity.content);
});
