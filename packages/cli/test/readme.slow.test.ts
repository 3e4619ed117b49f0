/** Runs the commands in the README at the root on a few small pictures. Its program is tested in snippets/. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { aeOk, makeFolder, makePictures, remove } from './ae';

const readme = readFileSync(new URL('../../../README.md', import.meta.url), 'utf8');

describe('the README', () => {
  let folder: string;

  beforeAll(async () => {
    folder = makeFolder();
    process.env.AE_CACHE = path.join(folder, 'cache');
    for (const set of ['train', 'val']) await makePictures(path.join(folder, 'photos', set, 'discs'), 8, 80);
  });

  afterAll(() => remove(folder));

  it('contains commands that work one after the other', { timeout: 120_000 }, async () => {
    const commands = [...readme.matchAll(/```\n(ae [^`]+)```/g)].flatMap(([, lines]) => lines.trim().split('\n'));
    expect(commands.length).toBeGreaterThanOrEqual(8);
    for (const command of commands) {
      const [name, ...args] = command.replace(/#.*/, '').trim().split(/\s+/);
      expect(name).toBe('ae');
      // Fewer epochs suffice to show that the command is right.
      await aeOk(folder, ...args, ...(args[0] === 'train' ? ['--epochs', '2'] : []));
    }
  });
});
