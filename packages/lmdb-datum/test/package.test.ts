/** The built package, as users get it. */
import { execFileSync, spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';
import { describe, expect, it } from 'vitest';
import { openDatumLmdb, verify } from '../src/entries/index';
import { fixture, golden } from './golden';
import { scratchFolder } from './scratch';

const dist = fileURLToPath(new URL('../dist/', import.meta.url));
const esm = pathToFileURL(path.join(dist, 'index.js')).href;
const database = JSON.stringify(fixture('overflow.mdb'));

/** Copies the built package to a folder, as if it were installed there without its optional dependencies. */
function installIn(folder: string): string {
  const modules = path.join(folder, 'node_modules');
  const installed = (name: string) => fileURLToPath(new URL(`../../../node_modules/${name}`, import.meta.url));
  fs.cpSync(dist, path.join(folder, 'dist'), { recursive: true });
  for (const name of ['package.json', 'dist']) {
    fs.cpSync(`${installed('@ae/images')}/${name}`, `${modules}/@ae/images/${name}`, { recursive: true });
  }
  return modules;
}

describe('the built package', () => {
  it.each([
    [
      'import',
      [
        '--input-type=module',
        '-e',
        `import { openDatumLmdb } from ${JSON.stringify(esm)}; console.log(openDatumLmdb(${database}).length)`,
      ],
    ],
    [
      'require',
      ['-e', `console.log(require(${JSON.stringify(path.join(dist, 'index.cjs'))}).openDatumLmdb(${database}).length)`],
    ],
  ])('works by %s', (_, args) => {
    expect(execFileSync(process.execPath, args, { encoding: 'utf8' })).toBe(`${golden('overflow').records.length}\n`);
  });

  it('loads neither lmdb nor sharp to read raw records and ordinary JPEGs, nor to write keys in order or PNG files, and works without them', () => {
    const folder = scratchFolder();
    installIn(folder);
    const script = `
      const { DatumWriter, openDatumLmdb, convertImageset, encodeSample } = require('./dist/index.cjs');
      const reader = openDatumLmdb(${database});
      const say = (promise) => promise.then(() => 'done', ({ code, message }) => code + ' ' + message);
      (async () => {
        console.log(reader.at(0).data.length > 0, (await reader.batches({ batchSize: 2, crop: { height: 1, width: 1 } }).next()).value.size);
        const writer = await DatumWriter.open('new', { recordsPerCommit: 1 });
        await writer.putBytes('b', new Uint8Array(3));
        console.log(await say(writer.putBytes('a', new Uint8Array(3))));
        await writer.close();
        const variants = openDatumLmdb(${JSON.stringify(fixture('variants.mdb'))});
        console.log(await say(variants.at(7)));
        console.log(await say(variants.at(8)));
        console.log(await say(convertImageset({ input: ${JSON.stringify(fixture('images'))}, output: 'out' })));
        console.log(require('node:fs').readdirSync('.').sort().join());
        console.log(await say(encodeSample(reader.at(0), 'png')), await say(encodeSample(reader.at(0), 'jpeg')));
      })();`;
    const lines = execFileSync(process.execPath, ['-e', script], { cwd: folder, encoding: 'utf8' }).trim().split('\n');
    expect(lines[0]).toBe('true 2');
    expect(lines[1]).toMatch(
      /^MISSING_DEPENDENCY \[lmdb-datum\] new: key a comes before keys that are already committed, which needs the package lmdb, but it cannot be loaded \(.*\); write the keys in order, or run npm install lmdb@2\.6\.8-v1/,
    );
    // A JPEG, and a PNG.
    expect(lines[2]).toBe('done');
    expect(lines[3]).toMatch(
      /^MISSING_DEPENDENCY \[lmdb-datum\] sharp, which decodes and encodes images, cannot be loaded.*run npm install sharp\.$/,
    );
    expect(lines[4]).toMatch(/^MISSING_DEPENDENCY/);
    expect(lines[5]).toBe('dist,new,node_modules');
    expect(lines[6]).toMatch(/^done MISSING_DEPENDENCY/);
  });

  it.each([
    ['import', `import { openDatumLmdb } from './dist/index.js';`],
    ['require', `const { openDatumLmdb } = require('./dist/index.cjs');`],
  ])('reads raw records without any of the decoders, by %s', (condition, load) => {
    const folder = scratchFolder();
    const images = path.join(installIn(folder), '@ae/images/dist');
    for (const file of ['index.js', 'index.cjs']) fs.rmSync(path.join(images, file));
    const script = `${load}
      const reader = openDatumLmdb(${database});
      const [{ key, datum }] = reader.entries();
      console.log(reader.at(0).data.length, reader.get(key).data.length, datum.data.length, reader.datumAt(0).data.length);
      reader.batches({ batchSize: 1 }).next().catch(({ code }) => console.log(code));`;
    const args = [...(condition === 'import' ? ['--input-type=module'] : []), '-e', script];
    const [raw, batch] = execFileSync(process.execPath, args, { cwd: folder, encoding: 'utf8' }).trim().split('\n');
    const { dataBytes } = golden('overflow').records[0]!;
    expect(raw).toBe([dataBytes, dataBytes, dataBytes, dataBytes].join(' '));
    // Proof that they were not there.
    expect(batch).toMatch(/MODULE_NOT_FOUND$/);
  });

  it.each([
    ['import', 'convert.js'],
    ['require', 'convert.cjs'],
  ])('has the conversion by itself, by %s', (condition, file) => {
    const { exports } = JSON.parse(fs.readFileSync(path.join(dist, '../package.json'), 'utf8'));
    expect(exports['./convert'][condition].default).toBe(`./dist/${file}`);
    const load = condition === 'import' ? 'await import' : 'require';
    const script = `
      const { convertImageset } = ${load}(${JSON.stringify(path.join(dist, file))});
      const options = { input: ${JSON.stringify(fixture('images'))}, output: 'db', resizeHeight: 4, resizeWidth: 4 };
      convertImageset(options).then(({ size }) => console.log(size));`;
    const args = [...(condition === 'import' ? ['--input-type=module'] : []), '-e', script];
    expect(execFileSync(process.execPath, args, { cwd: scratchFolder(), encoding: 'utf8' })).toBe('3x4x4\n');
  });

  it.each([0, 1])(
    'says that sharp is missing where an image needs it, and the process goes on (workers: %i)',
    (workers) => {
      const folder = scratchFolder();
      const installed = installIn(folder);
      const modules = fileURLToPath(new URL('../../../node_modules/', import.meta.url));
      for (const name of fs.readdirSync(modules).filter((one) => one !== 'sharp')) {
        if (fs.existsSync(path.join(installed, name))) continue;
        fs.symlinkSync(path.join(modules, name), path.join(installed, name), 'junction');
      }
      const script = `
      const { convertImageset } = require('./dist/index.cjs');
      convertImageset({ input: ${JSON.stringify(fixture('images'))}, output: 'out', workers: ${workers} })
        .catch(({ code }) => console.log(code, require('node:fs').readdirSync('.').sort().join()));`;
      expect(execFileSync(process.execPath, ['-e', script], { cwd: folder, encoding: 'utf8' })).toBe(
        'MISSING_DEPENDENCY dist,node_modules\n',
      );
    },
  );

  it('reads in several worker_threads at once', async () => {
    const script = `
      import { parentPort } from 'node:worker_threads';
      const { openDatumLmdb } = await import(${JSON.stringify(esm)});
      const reader = openDatumLmdb(${database});
      let sum = 0;
      for (let round = 0; round < 20; round++) {
        for await (const { data } of reader.batches({ batchSize: 4, shuffle: round, crop: { height: 40, width: 40 } })) sum += data[0];
      }
      parentPort.postMessage(sum);`;
    const url = new URL(`data:text/javascript,${encodeURIComponent(script)}`);
    const sums = await Promise.all(
      [1, 2, 3].map(
        () => new Promise((resolve, reject) => new Worker(url).once('message', resolve).once('error', reject)),
      ),
    );
    expect(new Set(sums).size).toBe(1);
  });
});

describe('a writer that is killed', () => {
  it('leaves a sound database with everything that was committed', async () => {
    const folder = path.join(scratchFolder(), 'db');
    const script = `
      import { DatumWriter, caffeKey } from ${JSON.stringify(esm)};
      const writer = await DatumWriter.open(${JSON.stringify(folder)}, { recordsPerCommit: 20 });
      for (let i = 0; ; i++) {
        await writer.put(caffeKey(i, 'x'), { channels: 3, height: 40, width: 40, data: new Uint8Array(4800).fill(i), label: i });
        if (i % 20 === 19) console.log(i + 1);
      }`;
    for (const commits of [3, 17]) {
      fs.rmSync(folder, { recursive: true, force: true });
      const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      let committed = 0;
      await new Promise<void>((resolve) => {
        child.stdout.on('data', (text) => {
          committed = Number(String(text).trim().split('\n').at(-1));
          if (committed >= commits * 20) child.kill('SIGKILL');
        });
        child.once('close', () => resolve());
      });
      const report = await verify(folder);
      expect([report.ok, report.damage]).toEqual([true, []]);
      expect(report.readable).toBeGreaterThanOrEqual(committed);
      expect(report.readable % 20).toBe(0);
      using reader = openDatumLmdb(folder);
      for (let i = 0; i < reader.length; i++) expect(reader.datumAt(i)!.label).toBe(i);
    }
  });
});
