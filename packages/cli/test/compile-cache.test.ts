/** What V8 compiled is kept between starts; programs must never notice anything else of it than the time. */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import module from 'node:module';
import path from 'node:path';
import v8 from 'node:v8';
import { afterAll, beforeEach, expect, test } from 'vitest';
import { collect, type Finished, mainFile, makeFolder, remove } from './ae';

const folder = makeFolder();
afterAll(() => remove(folder));

const cache = path.join(folder, 'cache');
const program = path.join(folder, 'program.cjs');
const cacheFile = path.join(path.dirname(mainFile), 'compile-cache.cjs');

beforeEach(() => {
  fs.rmSync(cache, { recursive: true, force: true });
});

/** Runs `program` in a process that keeps what it compiles. */
function run(env: NodeJS.ProcessEnv = {}, flags: string[] = [], file = program): Promise<Finished> {
  const start = `require(${JSON.stringify(cacheFile)}).keepCompiledCode('work'); require(${JSON.stringify(file)});`;
  const all = { ...process.env, NODE_DISABLE_COMPILE_CACHE: '', AE_CACHE: cache, ...env };
  return collect(spawn(process.execPath, [...flags, '-e', start], { env: all, stdio: ['ignore', 'pipe', 'pipe'] }));
}

/** The files with compiled code. */
function keptFiles(): string[] {
  if (!fs.existsSync(cache)) return [];
  const all = fs.readdirSync(cache, { recursive: true, encoding: 'utf8' }).map((name) => path.join(cache, name));
  return all.filter((file) => fs.statSync(file).isFile());
}

/** A file with compiled code begins with a checksum of the rest. */
function packed(rest: Buffer): Buffer {
  return Buffer.concat([createHash('sha256').update(rest).digest(), rest]);
}

/** What is kept, by the paths of the programs. */
function unpacked(file: string): Map<string, object> {
  return v8.deserialize(fs.readFileSync(file).subarray(32));
}

function prints(stdout: string): Finished {
  return { code: 0, stdout, stderr: '' };
}

test('code is kept, and used by the next start', async () => {
  fs.writeFileSync(program, 'console.log("one")');
  expect(await run()).toEqual(prints('one\n'));
  const [file, ...others] = keptFiles();
  expect(others).toEqual([]);
  const codeOf = (text: string) => unpacked(file).get(text) as { code: Buffer };
  const { code } = codeOf(program);
  fs.writeFileSync(program, 'console.log("two")');
  expect(await run()).toEqual(prints('two\n'));
  // The other program's code in its place shows that code is run, and not the text.
  const all = unpacked(file).set(program, { ...codeOf(program), code });
  fs.writeFileSync(file, packed(v8.serialize(all)));
  expect(await run()).toEqual(prints('one\n'));
});

test('it is kept once, and again when the text, or V8, has changed', async () => {
  fs.writeFileSync(program, 'console.log("one")');
  const inode = () => fs.statSync(keptFiles()[0]).ino;
  await run();
  const first = inode();
  await run();
  expect(inode()).toBe(first);
  const { mtime } = fs.statSync(program);
  fs.writeFileSync(program, 'console.log("two")');
  fs.utimesSync(program, mtime, mtime);
  expect(await run()).toEqual(prints('two\n'));
  const second = fs.readFileSync(keptFiles()[0]);
  expect(await run({}, ['--no-opt'])).toEqual(prints('two\n'));
  expect(fs.readFileSync(keptFiles()[0])).not.toEqual(second);
});

test('damaged code is compiled again', async () => {
  fs.writeFileSync(program, 'console.log("one")');
  await run();
  const [file] = keptFiles();
  const whole = fs.readFileSync(file);
  const damages = [whole.subarray(0, 0), whole.subarray(0, 70), whole.subarray(0, whole.length - 1)];
  for (const at of [3, 40, 64, whole.length >> 1, whole.length - 2]) {
    damages.push(Buffer.from(whole));
    (damages.at(-1) as Buffer)[at] ^= 0x55;
  }
  for (const damaged of damages) {
    fs.writeFileSync(file, damaged);
    expect(await run()).toEqual(prints('one\n'));
    expect(fs.readFileSync(file).length).toBe(whole.length);
    expect(fs.readFileSync(file)).not.toEqual(damaged);
  }
});

test('nothing is kept of a process that fails, when it is turned off, and where nothing can be kept', async () => {
  fs.writeFileSync(program, 'console.log("one"); process.exitCode = 3;');
  expect(await run()).toEqual({ ...prints('one\n'), code: 3 });
  expect(keptFiles()).toEqual([]);
  fs.writeFileSync(program, 'console.log("one");');
  expect(await run({ NODE_DISABLE_COMPILE_CACHE: '1' })).toEqual(prints('one\n'));
  expect(keptFiles()).toEqual([]);
  expect(await run({ AE_CACHE: path.join(program, 'cache') })).toEqual(prints('one\n'));
});

test('what the same program needs only with other options stays', async () => {
  const other = path.join(folder, 'other.cjs');
  const gone = path.join(folder, 'gone.cjs');
  fs.writeFileSync(program, 'if (process.env.NEEDS) require(process.env.NEEDS); console.log("one")');
  for (const file of [other, gone]) fs.writeFileSync(file, 'console.log("needed")');
  const names = () => [...unpacked(keptFiles()[0]).keys()].map((file) => path.basename(file)).sort();
  await run({ NEEDS: gone });
  fs.rmSync(gone);
  await run({ NEEDS: other });
  expect(names()).toEqual(['other.cjs', 'program.cjs']);
  const [file] = keptFiles();
  const { ino } = fs.statSync(file);
  expect(await run()).toEqual(prints('one\n'));
  expect(await run({ NEEDS: other })).toEqual(prints('needed\none\n'));
  expect(fs.statSync(file).ino).toBe(ino);
  // A change to the one leaves the other.
  fs.appendFileSync(program, ';');
  await run();
  expect(names()).toEqual(['other.cjs', 'program.cjs']);
  // Another installation shares nothing.
  const elsewhere = path.join(folder, 'elsewhere.cjs');
  fs.renameSync(program, elsewhere);
  expect(await run({}, [], elsewhere)).toEqual(prints('one\n'));
  expect(names()).toEqual(['elsewhere.cjs']);
});

test('modules are what they are without it', async () => {
  const files: Record<string, string> = {
    'program.cjs': `
      const path = require('node:path');
      const other = require('./other');
      const place = (error, line) => error.stack.split('\\n')[line].replace(/.*[\\\\/](\\S+?)\\)?$/, '$1');
      console.log(other.sum(2, 3), other === require('./other.js'), path.basename(require.resolve('./other')));
      console.log(this === exports, __filename === module.filename, __dirname === path.dirname(__filename));
      console.log(require('./shebang').ran);
      try { other.fail(); } catch (error) { console.log(error.message, place(error, 1)); }
      try { require('./broken'); } catch (error) { console.log(error.name, place(error, 0)); }
      const { now, then } = require('./importer');
      now().then(({ late }) => console.log(late)).then(then).then(({ late }) => console.log(late));`,
    'other.js': `'use strict';
      exports.sum = (a, b) => a + b;
      exports.fail = () => {
        throw new Error('on purpose'); };`,
    'shebang.js': '#!/usr/bin/env node\nexports.ran = true;',
    'importer.js': `exports.now = () => import('./late.mjs');
      exports.then = () => import /* a module */ ('./late.mjs');`,
    'late.mjs': 'export const late = "late";',
    'broken.js': 'let = = 3;',
  };
  for (const [name, text] of Object.entries(files)) fs.writeFileSync(path.join(folder, name), text);
  const plain = await collect(spawn(process.execPath, ['-e', `require(${JSON.stringify(program)});`]));
  const imported = 'late\nlate\n';
  const failed = 'on purpose other.js:4:15\nSyntaxError broken.js:1\n';
  expect(plain).toEqual(prints(`5 true other.js\ntrue true true\ntrue\n${failed}${imported}`));
  for (const _ of ['compiled', 'kept']) {
    expect(await run()).toEqual(plain);
    const kept = [...unpacked(keptFiles()[0]).keys()];
    expect(kept.map((file) => path.basename(file))).toEqual(['program.cjs', 'other.js']);
  }
});

test.skipIf('enableCompileCache' in module)('each command keeps its code', async () => {
  const bin = path.join(mainFile, '../../bin/ae.js');
  const env = { ...process.env, NODE_DISABLE_COMPILE_CACHE: '', AE_CACHE: cache };
  const ae = (...args: string[]) => collect(spawn(process.execPath, [bin, ...args], { env }));
  const first = [await ae('--help'), await ae('cache')];
  const files = keptFiles();
  expect(files.map((file) => path.basename(file))).toEqual(['--help', 'cache']);
  expect(unpacked(files[1]).size).toBeGreaterThan(5);
  const times = files.map((file) => fs.statSync(file).mtimeMs);
  expect([await ae('--help'), await ae('cache')]).toEqual(first);
  // Neither names of files nor failures are names of commands.
  expect((await ae('../elsewhere')).code).toBe(1);
  expect((await ae('elsewhere')).code).toBe(1);
  expect(keptFiles()).toEqual(files);
  expect(files.map((file) => fs.statSync(file).mtimeMs)).toEqual(times);
});
