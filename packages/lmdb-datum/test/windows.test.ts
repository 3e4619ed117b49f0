/** What is different on Windows, as far as it can be tested elsewhere. */
import path from 'node:path';
import { rename } from '@ae/ground/rename';
import { renameAtOnce } from '@ae/ground/rename-at-once';
import { describe, expect, it, vi } from 'vitest';
import { parseImageList } from '../src/convert/image-list';
import { partialName } from '../src/convert/output-folder';

/** A file that a virus scanner has open during the first `times` attempts to rename it. */
function scanned(platform: NodeJS.Platform, times: number, code = 'EPERM') {
  const calls: string[][] = [];
  const renameIt = (...names: unknown[]) => {
    calls.push(names.map(String));
    if (calls.length <= times) throw Object.assign(new Error('busy'), { code });
  };
  return {
    calls,
    sync: { platform, rename: renameIt },
    async: { platform, rename: async (...names: unknown[]) => renameIt(...names) },
  };
}

describe('a rename', () => {
  it('is retried on Windows, where a scanner may have the file open for a moment', async () => {
    const file = scanned('win32', 3);
    renameAtOnce('a.tmp', 'a', file.sync);
    expect(file.calls).toEqual(Array(4).fill(['a.tmp', 'a']));
    const other = scanned('win32', 3, 'EBUSY');
    await rename('a.tmp', 'a', other.async);
    expect(other.calls).toHaveLength(4);
  });

  it.each([
    ['elsewhere', 'linux', 'EPERM'],
    ['for what will not pass', 'win32', 'ENOSPC'],
  ] as const)('fails at once %s', async (_, platform, code) => {
    const file = scanned(platform, 9, code);
    expect(() => renameAtOnce('a.tmp', 'a', file.sync)).toThrow('busy');
    await expect(rename('a.tmp', 'a', file.async)).rejects.toThrow('busy');
    expect(file.calls).toHaveLength(2);
  });

  it('fails in the end if the file stays open', () => {
    vi.spyOn(Atomics, 'wait').mockReturnValue('timed-out');
    const file = scanned('win32', 99, 'EACCES');
    expect(() => renameAtOnce('a.tmp', 'a', file.sync)).toThrow('busy');
    expect(file.calls).toHaveLength(9);
    vi.restoreAllMocks();
  });
});

describe('paths of Windows', () => {
  it('in lists are joined to a root in any spelling, and are kept in the keys as they are in the list', () => {
    const images = parseImageList('cats/1.jpg 0\ncats\\2.jpg 0\n', 'C:\\photos\\');
    expect(images.map(({ path: file }) => path.win32.normalize(String(file)))).toEqual([
      'C:\\photos\\cats\\1.jpg',
      'C:\\photos\\cats\\2.jpg',
    ]);
    expect(images.map(({ name }) => name)).toEqual(['cats/1.jpg', 'cats\\2.jpg']);
  });

  it('may end in either separator', () => {
    expect(partialName('D:\\data\\train.lmdb\\')).toBe('D:\\data\\train.lmdb.partial');
    expect(partialName('D:/data/train.lmdb/')).toBe('D:/data/train.lmdb.partial');
  });
});
