/** Imports that are killed at any moment, and what they leave: the next call continues. */
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { type ConvertOptions, convertImageset, openDatumLmdb, resizeDatabase } from '../src/entries/index';
import { fixture } from './golden';
import { scratchFolder, writeDatabase } from './scratch';

const INPUT = fixture('images');

/** Runs a call of the built package in a process that is killed by SIGKILL at its n-th change of the file system. */
function dieAt(n: number, call: string, options: object): boolean {
  const script = `
    import fs from 'node:fs';
    let left = ${n};
    for (const name of ['mkdirSync', 'writeFileSync', 'linkSync', 'renameSync', 'rmSync']) {
      const real = fs[name];
      fs[name] = (...args) => {
        if (left-- === 0) process.kill(process.pid, 'SIGKILL');
        return real(...args);
      };
    }
    const { ${call} } = await import(${JSON.stringify(new URL('../dist/index.js', import.meta.url).href)});
    await ${call}(${JSON.stringify(options)});`;
  const { signal, status, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', script]);
  if (signal === null && status !== 0) throw new Error(String(stderr));
  return signal === 'SIGKILL';
}

function keysOf(database: string): string[] {
  using reader = openDatumLmdb(database);
  return [...reader.keys()];
}

describe('an import that is killed', () => {
  it('at any moment is continued by the same call, with resume or without', async () => {
    const input = scratchFolder();
    for (const name of ['a.png', 'b.png']) fs.copyFileSync(`${INPUT}/color.png`, path.join(input, name));
    const keys = ['00000000_a.png', '00000001_b.png'];
    for (let n = 0; ; n++) {
      const folder = scratchFolder();
      // Two moments alternating with all four ways to continue.
      const options = { input, output: path.join(folder, 'new/db'), workers: 0, resume: n % 2 === 0 };
      const died = dieAt(n, 'convertImageset', options);
      const again = await convertImageset({ ...options, resume: n % 4 < 2 }).catch((error) => error);
      // There was nothing left to do.
      if (!died || again.code === 'OUTPUT_EXISTS') expect(again).toMatchObject({ code: 'OUTPUT_EXISTS' });
      else expect(again).toMatchObject({ records: 2 });
      expect(keysOf(options.output)).toEqual(keys);
      expect(fs.readdirSync(path.join(folder, 'new')).filter((name) => !name.endsWith('.tmp'))).toEqual(['db']);
      if (!died) break;
      expect(n).toBeLessThan(40);
    }
  }, 180_000);

  it('is not continued while its process is alive', async () => {
    const output = path.join(scratchFolder(), 'db');
    const controller = new AbortController();
    let second: Promise<unknown> | undefined;
    const onProgress = () => {
      second ??= convertImageset({ input: INPUT, output, workers: 0 }).catch((error) => error);
    };
    await convertImageset({ input: INPUT, output, workers: 0, onProgress, signal: controller.signal });
    expect(await second).toMatchObject({ code: 'OUTPUT_EXISTS' });
    expect(String(await second)).toMatch(/db\.partial: process \d+ is writing there; wait until it ends, or choose/);
  });

  it.each(['mine.txt', 'data.mdb'])(
    'is distinguished from a folder of the user with %s, which is kept',
    async (name) => {
      const folder = scratchFolder();
      const output = path.join(folder, 'db');
      fs.mkdirSync(`${output}.partial`);
      fs.writeFileSync(`${output}.partial/${name}`, 'precious');
      const text = new RegExp(
        `db\\.partial already exists and contains ${name} \\(a file\\), which was not written by an import; move it away`,
      );
      for (const resume of [false, true]) {
        await expect(convertImageset({ input: INPUT, output, workers: 0, resume })).rejects.toThrow(text);
      }
      expect(fs.readFileSync(`${output}.partial/${name}`, 'utf8')).toBe('precious');
    },
  );
});

describe('a resize that is killed', () => {
  it('starts over when it is called again', async () => {
    const pixels = { channels: 1, height: 2, width: 2, data: Uint8Array.of(1, 2, 3, 4) };
    const input = await writeDatabase([pixels, pixels]);
    const output = path.join(scratchFolder(), 'db');
    const options = { input, output, height: 1, width: 1, workers: 0 };
    // When everything is written, but the database does not have its final name yet.
    expect(dieAt(5, 'resizeDatabase', options)).toBe(true);
    expect(fs.existsSync(`${output}.partial`)).toBe(true);
    expect((await resizeDatabase(options)).records).toBe(2);
    expect(fs.readdirSync(path.dirname(output))).toEqual(['db']);
  });
});

describe('a journal', () => {
  /** What an import of 200 images leaves when it is stopped after 100. */
  async function stopped() {
    const folder = scratchFolder();
    const list = path.join(folder, 'list.txt');
    fs.writeFileSync(list, `missing.png 0\n${'color.png 0\n'.repeat(199)}`);
    const options: ConvertOptions = { input: `${INPUT}/`, list, output: `${folder}/db`, workers: 0, resume: true };
    const controller = new AbortController();
    const onProgress = () => controller.abort(new Error('enough'));
    await expect(convertImageset({ ...options, onProgress, signal: controller.signal })).rejects.toThrow('enough');
    return { options, journal: `${folder}/db.partial/convert-imageset.json` };
  }

  it.each<[string, (journal: Record<string, unknown>) => unknown, RegExp]>([
    ['more images done than there are', (j) => ({ ...j, done: 700 }), /says that 700 images of 200 are done/],
    ['more images done than records', (j) => ({ ...j, done: 150 }), /has 150 images done and 1 .* 99 records/],
    ['fewer than none', (j) => ({ ...j, done: -1 }), /has -1 images done/],
    ['half an image', (j) => ({ ...j, done: 1.5 }), /has 1\.5 images done/],
    ['text for a number', (j) => ({ ...j, done: '100' }), /has "100" images done/],
    ['no number', ({ done, ...j }) => j, /has undefined images done/],
    ['nothing skipped', (j) => ({ ...j, skipped: [] }), /has 100 images done and 0 of them skipped, .* 99 records/],
    ['a skipped image of another import', (j) => ({ ...j, skipped: [{ name: 'x', reason: '' }] }), /skipped "x"/],
    ['rubbish as skipped', (j) => ({ ...j, skipped: [null] }), /no valid list of skipped images/],
    ['sizes of text', (j) => ({ ...j, sizes: ['large'] }), /no valid list of sizes/],
    ['no hash', (j) => ({ ...j, images: 5 }), /does not say what it is about/],
    ['another version', (j) => ({ ...j, version: 9 }), /another version/],
    ['null', () => null, /another version/],
    ['a list', () => [], /another version/],
  ])('with %s is refused, and the work stays', async (_, change, text) => {
    const { options, journal } = await stopped();
    const sound = fs.readFileSync(journal, 'utf8');
    fs.writeFileSync(journal, JSON.stringify(change(JSON.parse(sound))));
    for (const resume of [true, false]) {
      const error = await convertImageset({ ...options, resume }).catch((caught) => caught);
      expect(error).toMatchObject({ code: 'INVALID_OPTION' });
      expect(error.message).toMatch(text);
      expect(error.message).toMatch(/db\.partial .*; delete the folder to start over\.$/);
    }
    fs.writeFileSync(journal, sound);
    expect((await convertImageset(options)).records).toBe(199);
  });

  it('with fewer images than were committed loses none of them', async () => {
    const { options, journal } = await stopped();
    const sound = JSON.parse(fs.readFileSync(journal, 'utf8'));
    fs.writeFileSync(journal, JSON.stringify({ ...sound, done: 40 }));
    const { records, skipped } = await convertImageset(options);
    expect([records, skipped.length]).toEqual([199, 1]);
    expect(keysOf(options.output).length).toBe(199);
  });
});
