import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { openDatumLmdb } from '@ae/lmdb-datum';
import sharp from 'sharp';
import { groupOf, importOptions, splitImages } from './split-images.mjs';

const ae = createRequire(import.meta.url).resolve('@ae/cli/bin/ae.js');

const folder = mkdtempSync(path.join(tmpdir(), 'ae-quickstart-'));
after(() => rmSync(folder, { recursive: true, force: true }));

test('variants of one emoji are one group', () => {
  const twins = [
    ['1f44d.png', '1f44d-1f3ff.png'], // thumbs up, dark skin
    ['1f3c3.png', '1f3c3-1f3fd-200d-2640-fe0f-200d-27a1-fe0f.png'], // running; a woman running to the right
    ['1f468-200d-1f4bb.png', '1f9d1-1f3fb-200d-1f4bb.png'], // man, person at a computer
    ['1f469-200d-1f9b0.png', '1f474.png'], // a woman with red hair, an old man
    ['1f46b-1f3ff.png', '1f469-200d-2764-fe0f-200d-1f468.png'], // couples
  ];
  for (const [one, other] of twins) assert.equal(groupOf(one), groupOf(other), `${one} and ${other}`);
});

test('different emoji, and other files, are groups of their own', () => {
  const files = [
    '1f44d.png',
    '1f44e.png',
    '1f1e9-1f1ea.png',
    '1f468-200d-1f4bb.png',
    '1f468.png',
    'a/1.jpg',
    'b/1.jpg',
  ];
  assert.equal(new Set(files.map(groupOf)).size, files.length);
});

test('every picture is on one side, white where it was transparent, and what cannot be read is left out', async () => {
  const from = path.join(folder, 'from');
  mkdirSync(path.join(from, 'more'), { recursive: true });
  for (let i = 0; i < 40; i++) {
    const picture = { width: 70, height: 90, channels: 4, background: { r: 0, g: 0, b: 0, alpha: 0 } };
    await sharp({ create: picture })
      .png()
      .toFile(path.join(from, i % 2 ? 'more' : '', `picture ${i}.png`));
  }
  writeFileSync(path.join(from, 'broken.png'), 'not a picture');
  writeFileSync(path.join(from, 'notes.txt'), 'not meant to be one');
  const into = path.join(folder, 'into');
  const { train, val, left } = splitImages(from, into);
  assert.deepEqual([train + val, left], [41, 0]);
  const keys = new Set();
  for (const [side, count] of [
    ['train', train],
    ['val', val],
  ]) {
    const [list, lmdb] = [path.join(into, `${side}.txt`), path.join(into, `${side}.lmdb`)];
    execFileSync(process.execPath, [ae, 'import', list, lmdb, '--root', from, ...importOptions], { stdio: 'ignore' });
    const database = openDatumLmdb(lmdb);
    assert.equal(database.length, count - (readFileSync(list, 'utf8').includes('broken.png') ? 1 : 0));
    for (const { key, datum } of database) {
      keys.add(key.replace(/^\d+_/, ''));
      assert.deepEqual([datum.width, datum.height, datum.channels], [64, 64, 3]);
      assert.ok(datum.data.every((value) => value === 255));
    }
    database.close();
  }
  assert.equal(keys.size, 40);
});

test('a folder that is not there is one sentence', () => {
  assert.throws(
    () => splitImages(path.join(folder, 'nowhere'), folder),
    /nowhere does not exist; name a folder of pictures\./,
  );
});
