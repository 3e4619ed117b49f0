import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import sharp from 'sharp';
import { groupOf, splitImages } from './split-images.mjs';

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
  mkdirSync(from);
  for (let i = 0; i < 40; i++) {
    const picture = { width: 70, height: 90, channels: 4, background: { r: 0, g: 0, b: 0, alpha: 0 } };
    await sharp({ create: picture })
      .png()
      .toFile(path.join(from, `picture ${i}.png`));
  }
  writeFileSync(path.join(from, 'broken.png'), 'not a picture');
  writeFileSync(path.join(from, 'notes.txt'), 'not meant to be one');
  const into = path.join(folder, 'into');
  const { train, val, left } = await splitImages(from, into);
  assert.equal(train + val, 40);
  assert.equal(left, 1);
  assert.deepEqual(
    [readdirSync(path.join(into, 'train')).length, readdirSync(path.join(into, 'val')).length],
    [train, val],
  );
  const [name] = readdirSync(path.join(into, 'val'));
  const { data, info } = await sharp(path.join(into, 'val', name))
    .raw()
    .toBuffer({ resolveWithObject: true });
  assert.deepEqual([info.width, info.height, info.channels], [64, 64, 3]);
  assert.ok(data.every((value) => value === 255));
});

test('a folder that is not there is one sentence', async () => {
  await assert.rejects(splitImages(path.join(folder, 'nowhere'), folder), /nowhere: expected a folder of pictures/);
});
