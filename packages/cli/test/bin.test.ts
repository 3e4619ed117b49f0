/** The command as npm links it in a clone: before the build, there must be a file to link, which says what is missing. */
import { execFileSync, spawn } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { collect, mainFile, makeFolder, remove } from './ae';

const folder = makeFolder();
afterAll(() => remove(folder));

const packageFolder = path.resolve(mainFile, '../..');
const manifest = JSON.parse(readFileSync(path.join(packageFolder, 'package.json'), 'utf8'));

test('npx ae works in a clone that is installed first and built later', async () => {
  const clone = path.join(folder, 'clone');
  const cli = path.join(clone, 'packages/cli');
  mkdirSync(cli, { recursive: true });
  const { name, version, type, bin, files } = manifest;
  writeFileSync(path.join(clone, 'package.json'), '{ "private": true, "workspaces": ["packages/*"] }');
  writeFileSync(path.join(cli, 'package.json'), JSON.stringify({ name, version, type, bin, files }));
  cpSync(path.join(packageFolder, 'bin'), path.join(cli, 'bin'), { recursive: true });
  execFileSync('npm', ['install', '--offline', '--no-audit', '--no-fund', '--loglevel=error'], { cwd: clone });
  const linked = path.join(clone, 'node_modules/.bin/ae');
  expect(existsSync(linked)).toBe(true);
  const run = (...args: string[]) => collect(spawn(linked, args, { cwd: clone }));
  expect(await run('--version')).toEqual({
    code: 1,
    stdout: '',
    stderr: 'ae: The command is not built yet; run `npm run build` in the repository.\n',
  });

  for (const place of ['package.json', 'dist']) {
    cpSync(path.join(packageFolder, place), path.join(cli, place), { recursive: true });
  }
  expect(await run('--version')).toEqual({ code: 0, stdout: `${version}\n`, stderr: '' });
});

test('the published package contains the command that it names', () => {
  const target: string = manifest.bin.ae;
  expect(manifest.files).toContain(target.split('/')[1]);
  expect(readFileSync(path.join(packageFolder, target), 'utf8')).toMatch(/^#!\/usr\/bin\/env node\n/);
});
