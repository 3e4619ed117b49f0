/** Pipes, devices, sockets and links where files are expected: nothing waits for them, and each is named. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ae, aeOk, makeFolder, makePictures, remove, startAe } from './ae';

const folder = makeFolder();
afterAll(() => remove(folder));
const inFolder = (...names: string[]) => path.join(folder, ...names);
const onUnix = describe.skipIf(process.platform === 'win32');

beforeAll(async () => {
  await makePictures(inFolder('pictures'), 2);
  await aeOk(folder, 'import', 'pictures', 'good.lmdb');
}, 60_000);

onUnix('special files', () => {
  test('among images are skipped by name', async () => {
    await makePictures(inFolder('odd'), 1);
    execFileSync('mkfifo', [inFolder('odd', 'pipe.png')]);
    symlinkSync('loop.png', inFolder('odd', 'loop.png'));
    symlinkSync('/dev/zero', inFolder('odd', 'zero.png'));
    symlinkSync('nothing.png', inFolder('odd', 'dangling.png'));
    const server = createServer().listen(inFolder('odd', 'socket.png'));
    await new Promise((resolve) => server.once('listening', resolve));
    const report = await aeOk(folder, 'import', 'odd', 'odd.lmdb');
    server.close();
    expect(report).toMatch(/^odd\.lmdb: 1 image of 3x16x16/);
    expect(report).toMatch(/skipped 5 images that cannot be read:/);
    for (const line of [
      'odd/pipe.png is a pipe.',
      'odd/loop.png is a link that leads back to itself.',
      'odd/zero.png is a device.',
      'odd/dangling.png does not exist.',
      'odd/socket.png is a socket.',
    ]) {
      expect(report).toContain(`  ${line}\n`);
    }
  });

  test.each([
    ['a pipe', 'pipe', /list-pipe is a pipe; pass a file with a list of images/],
    ['an endless device', 'zero', /list-zero is a device; pass a file with a list of images/],
    ['a link to itself', 'loop', /list-loop\S* .*itself|too many|check the path/],
  ])('%s is no list', async (_, kind, message) => {
    const list = inFolder(`list-${kind}`);
    if (kind === 'pipe') execFileSync('mkfifo', [list]);
    else symlinkSync(kind === 'zero' ? '/dev/zero' : 'list-loop', list);
    const { code, stderr } = await ae(folder, 'import', `list-${kind}`, 'x.lmdb');
    expect(code).toBe(1);
    expect(stderr).toMatch(message);
    expect(existsSync(inFolder('x.lmdb'))).toBe(false);
  });

  test('as an output are in the way, even a dangling link', async () => {
    execFileSync('mkfifo', [inFolder('out-pipe')]);
    symlinkSync('nothing', inFolder('out-link'));
    for (const output of ['out-pipe', 'out-link']) {
      for (const args of [
        ['import', 'pictures', output],
        ['resize', 'good.lmdb', output, '8'],
        ['export', 'good.lmdb', output],
        ['mean', 'good.lmdb', output],
      ]) {
        const { code, stderr } = await ae(folder, ...args);
        expect(code, stderr).toBe(1);
        expect(stderr).toMatch(new RegExp(`${output}.*already exists`));
      }
    }
  });

  test.each(['convert-imageset.json', 'import.lock', 'data.mdb'])(
    'as %s of an import are somebody else’s',
    async (name) => {
      const output = `work-${name}.lmdb`;
      mkdirSync(inFolder(`${output}.partial`));
      execFileSync('mkfifo', [inFolder(`${output}.partial`, name)]);
      const { code, stderr } = await ae(folder, 'import', 'pictures', output, '--resume');
      expect(code).toBe(1);
      expect(stderr).toContain(
        `${output}.partial already exists and contains ${name} (a pipe), which was not written by an import`,
      );
    },
  );
});

describe('an output in a folder that cannot be created', () => {
  const places = [...(existsSync('/proc/self') ? ['/proc/nope/deep'] : []), 'file'];
  test.each(places)('%s is refused at once', async (place) => {
    writeFileSync(inFolder('file'), '');
    const before = readdirSync(folder).sort();
    for (const args of [
      ['import', 'pictures', `${place}/x/o.lmdb`],
      ['resize', 'good.lmdb', `${place}/x/o.lmdb`, '8'],
      ['export', 'good.lmdb', `${place}/x/o`],
      ['mean', 'good.lmdb', `${place}/x/o.binaryproto`],
    ]) {
      const { child, finished } = startAe(args, folder);
      const timer = setTimeout(() => child.kill('SIGKILL'), 20_000);
      const { code, stderr } = await finished;
      clearTimeout(timer);
      expect(code, args.join(' ')).toBe(1);
      expect(stderr).toContain(place);
      expect(stderr.trim().split('\n')).toHaveLength(1);
    }
    expect(readdirSync(folder).sort()).toEqual(before);
  });
});
