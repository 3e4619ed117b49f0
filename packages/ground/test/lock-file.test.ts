import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it, onTestFinished, vi } from 'vitest';
import { takeLock } from '../src/lock-file';

let folder: string;
let file: string;
beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'ground-'));
  file = path.join(folder, 'lock');
});
afterEach(() => fs.rmSync(folder, { recursive: true }));

const read = (name: string) => (fs.existsSync(name) ? fs.readFileSync(name, 'utf8') : undefined);

/** Takes the lock as one of several processes, of which those whose text begins with "dead" are gone. */
function take(text: string, whileJudging: (judged: string) => void = () => undefined): boolean {
  const assertGone = (other: string) => {
    whileJudging(other);
    if (!other.startsWith('dead')) throw new Error(`${other} is working`);
  };
  return takeLock({ file, text, read, assertGone });
}

it('is taken by the first, and refused to others by its name', () => {
  expect(take('first')).toBe(true);
  expect(() => take('second')).toThrow('first is working');
  expect(read(file)).toBe('first');
});

it('left by a process that is gone is taken over once, also by those that judged it at the same time', () => {
  fs.writeFileSync(file, 'dead');
  const outcomes: unknown[] = [];
  const attempt = (text: string, whileJudging?: (judged: string) => void) => {
    try {
      outcomes.push(take(text, whileJudging) && text);
    } catch (error) {
      outcomes.push((error as Error).message);
    }
  };
  // Each of them finds the lock of the process that is gone; before it acts, the next one does all of the same.
  let isFirst = true;
  attempt('a', (judged) => {
    if (judged !== 'dead' || !isFirst) return;
    isFirst = false;
    let isSecond = true;
    attempt('b', () => {
      if (!isSecond) return;
      isSecond = false;
      attempt('c');
    });
  });
  expect(outcomes).toEqual(['c', 'c is working', 'c is working']);
  expect(fs.readdirSync(folder)).toEqual(['lock']);
});

it('is taken over after any number of processes that were killed while they took it over', () => {
  fs.writeFileSync(file, 'dead');
  for (const text of ['dead 1', 'dead 2']) {
    // Killed between the claim and its use: what follows fails.
    expect(() =>
      takeLock({
        ...{ file, text, assertGone: () => undefined },
        read: (name) => {
          const found = read(name);
          if (fs.readdirSync(folder).some((entry) => read(path.join(folder, entry)) === text))
            throw new Error('killed');
          return found;
        },
      }),
    ).toThrow('killed');
  }
  expect(fs.readdirSync(folder)).toHaveLength(3);
  expect(take('last')).toBe(true);
  expect(read(file)).toBe('last');
  expect(fs.readdirSync(folder)).toEqual(['lock']);
});

it('leaves nothing behind if the disk is full', () => {
  const real = fs.writeFileSync;
  const full = vi.spyOn(fs, 'writeFileSync').mockImplementation((name) => {
    real(name, '');
    throw new Error('ENOSPC');
  });
  onTestFinished(() => full.mockRestore());
  expect(() => take('first')).toThrow('ENOSPC');
  expect(fs.readdirSync(folder)).toEqual([]);
});
