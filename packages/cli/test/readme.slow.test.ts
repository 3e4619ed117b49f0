/** Runs what the README at the root shows: its commands, then its program, on a few small pictures. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { Autoencoder } from '@ae/autoencoder';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { aeOk, makePictures, remove } from './ae';

const readme = readFileSync(new URL('../../../README.md', import.meta.url), 'utf8');
const block = (pattern: RegExp) => pattern.exec(readme)?.[1] ?? '';

describe('the README', () => {
  // Within this package, so that the program finds the packages it imports.
  const parent = fileURLToPath(new URL('../node_modules', import.meta.url));
  let folder: string;

  beforeAll(async () => {
    mkdirSync(parent, { recursive: true });
    folder = mkdtempSync(path.join(parent, '.readme-'));
    process.env.AE_CACHE = path.join(folder, 'cache');
    for (const set of ['train', 'val']) await makePictures(path.join(folder, 'photos', set, 'discs'), 8, 80);
  });

  afterAll(() => remove(folder));

  it('shows commands that work one after the other', { timeout: 120_000 }, async () => {
    const commands = [...readme.matchAll(/```\n(ae [^`]+)```/g)].flatMap(([, lines]) => lines.trim().split('\n'));
    expect(commands.length).toBeGreaterThanOrEqual(8);
    for (const command of commands) {
      const [name, ...args] = command.replace(/#.*/, '').trim().split(/\s+/);
      expect(name).toBe('ae');
      // Fewer epochs show as well that the command is right.
      await aeOk(folder, ...args, ...(args[0] === 'train' ? ['--epochs', '2'] : []));
    }
  });

  it('shows a program that works', { timeout: 120_000 }, async () => {
    const program = path.join(folder, 'program.mjs');
    writeFileSync(program, block(/```ts\n([^`]+)```/));
    const { status, stdout, stderr } = spawnSync(process.execPath, [program], { cwd: folder, encoding: 'utf8' });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    const lines = stdout.trim().split('\n');
    expect(lines).toHaveLength(16);
    expect(Number(lines[15])).toBeGreaterThan(0);
    const model = await Autoencoder.load(path.join(folder, 'model'));
    expect(model.codeSize).toBe(256);
    model.dispose();
  });
});
