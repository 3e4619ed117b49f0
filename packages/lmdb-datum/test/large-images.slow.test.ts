/** Importing many large images takes no more memory than a few. */
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import sharp from 'sharp';
import { expect, it } from 'vitest';
import { convertImageset, openDatumLmdb } from '../src/entries/index';
import { scratchFolder } from './scratch';

it('many large images at once take no more memory than a few', async () => {
  const folder = scratchFolder();
  // 16 megapixels in 16 KB each: twelve of them at once would take 576 MB as pixels alone, and the same again as Datums.
  const file = await sharp({ create: { width: 4000, height: 4000, channels: 3, background: '#123' } })
    .png({ palette: true, compressionLevel: 9 })
    .toBuffer();
  for (let i = 0; i < 12; i++) fs.writeFileSync(path.join(folder, `${i}.png`), file);
  const script = `
    const { convertImageset } = await import(${JSON.stringify(new URL('../dist/index.js', import.meta.url).href)});
    const { records } = await convertImageset(${JSON.stringify({ input: folder, output: `${folder}-db`, resizeHeight: 8, resizeWidth: 8 })});
    console.log(records, process.resourceUsage().maxRSS >> 10);`;
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' });
  fs.rmSync(`${folder}-db`, { recursive: true, force: true });
  const [records, mebibytes] = stdout.split(' ').map(Number);
  expect(records, stderr).toBe(12);
  expect(mebibytes).toBeLessThan(900);
});

it('images whose messages do not fit in memory at once wait until others are written', async () => {
  const folder = scratchFolder();
  const file = await sharp({ create: { width: 2500, height: 2500, channels: 3, background: '#f80' } })
    .png()
    .toBuffer();
  for (let i = 0; i < 12; i++) fs.writeFileSync(path.join(folder, `${String(i).padStart(2, '0')}.png`), file);
  const output = path.join(scratchFolder(), 'db');
  const { records } = await convertImageset({ input: folder, output, workers: 0 });
  using reader = openDatumLmdb(output);
  expect([records, [...reader.keys()].length]).toEqual([12, 12]);
  expect(reader.datumAt(11)).toMatchObject({ height: 2500, width: 2500, label: 0 });
}, 30_000);
