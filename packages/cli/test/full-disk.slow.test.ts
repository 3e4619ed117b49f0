/** Disks that are full or read-only, on Linux: a command says so in one line and leaves nothing behind. */
import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { aeOk, collect, mainFile, makeFolder, makePictures, remove } from './ae';

const folder = makeFolder();
afterAll(() => remove(folder));

beforeAll(async () => {
  await makePictures(path.join(folder, 'pictures'), 12);
  await aeOk(folder, 'import', 'pictures', 'good.lmdb');
  await aeOk(folder, 'train', 'good.lmdb', '--epochs', '1', '--no-report', '--out', 'run');
});

/** Mounts a small or a read-only file system in its own namespace; undefined if that is impossible. */
function smallDisk():
  | ((setUp: string, ...args: string[]) => Promise<{ code: number | null; stderr: string }>)
  | undefined {
  try {
    execFileSync('unshare', ['-rm', 'true'], { stdio: 'ignore' });
  } catch {
    return undefined;
  }
  const disk = path.join(folder, 'disk');
  mkdirSync(disk, { recursive: true });
  return (setUp, ...args) => {
    // The leftovers must be listed inside the namespace, where the file system is mounted; "lost" marks them for the test.
    const script = `${setUp}; shift; "$@"; code=$?; for left in disk/*; do [ -e "$left" ] && echo "lost $left" >&2; done; exit $code`;
    const child = spawn('unshare', ['-rm', 'sh', '-c', script, 'sh', 'sh', process.execPath, mainFile, ...args], {
      cwd: folder,
    });
    return collect(child);
  };
}

describe('a disk that is full or read-only', () => {
  const run = process.platform === 'linux' ? smallDisk() : undefined;
  if (!run) console.warn('SKIPPED: the tests of full and read-only disks, which need Linux and unshare.');
  const full = 'mount -t tmpfs -o size=16k tmpfs disk';
  const readOnly = 'mount -t tmpfs -o ro tmpfs disk';

  test.skipIf(!run).each([
    ['import, full', full, ['import', 'pictures', 'disk/x.lmdb', '--resize', '64'], /disk\/x\.lmdb/],
    ['import, read-only', readOnly, ['import', 'pictures', 'disk/x.lmdb'], /disk\/x\.lmdb/],
    [
      'train, read-only',
      readOnly,
      ['train', 'good.lmdb', '--out', 'disk/run'],
      /disk\/run cannot be written: the disk is read-only/,
    ],
    [
      'test, full',
      full,
      ['test', 'run', 'good.lmdb', '--save-prefix', 'disk/x'],
      /disk\/x cannot be written: the disk is full/,
    ],
    [
      'test, read-only',
      readOnly,
      ['test', 'run', 'good.lmdb', '--save-prefix', 'disk/x'],
      /disk\/x cannot be written: the disk is read-only/,
    ],
    [
      'inspect, full',
      // Images with few colors make a small PNG file, whatever the scale.
      'mount -t tmpfs -o size=4k tmpfs disk',
      ['inspect', 'good.lmdb', '--scale', '16', '--grid', 'disk/x.png'],
      /disk\/x\.png cannot be written: the disk is full/,
    ],
    [
      'inspect, read-only',
      readOnly,
      ['inspect', 'good.lmdb', '--grid', 'disk/x.png'],
      /disk\/x\.png cannot be written: the disk is read-only/,
    ],
  ])('%s', async (_, setUp, args, message) => {
    const { code, stderr } = await run!(setUp, ...args);
    expect(stderr).toMatch(message);
    // A note about too few training images comes first.
    const lines = stderr.split('\n').filter((line) => line !== '' && !line.startsWith('note: '));
    expect(lines, 'one line, nothing left on the disk').toHaveLength(1);
    expect(code).toBe(1);
  });

  test.skipIf(!run)('train on a full disk says what it could not save and keeps what it could', async () => {
    const { code, stderr } = await run!(full, 'train', 'good.lmdb', '--epochs', '1', '--out', 'disk/run');
    expect(stderr).toMatch(/ae train: disk\/run\S* cannot be written: the disk is full/);
    expect(stderr).toContain('lost disk/run');
    expect(code).toBe(1);
  });
});
