/** Who may train in a folder. Other processes are simulated by other copies of the module, which share nothing but the files. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import path from 'node:path';
import { sharedFolder } from '@ae/testing/scratch';
import { beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { RunLock } from '../src/run/run-lock';

const base = sharedFolder();
let folder: string;
let lock: string;
let count = 0;

beforeAll(async () => {});

beforeEach(async () => {
  folder = path.join(base, String(++count));
  lock = path.join(folder, 'lock.json');
  await mkdir(folder);
});

/** The class, as another process has it. */
async function another(): Promise<typeof RunLock> {
  vi.resetModules();
  return (await import('../src/run/run-lock')).RunLock;
}

/** Returns which of several simultaneous attempts gets the lock. */
async function race(takers: readonly (typeof RunLock)[]): Promise<{ locks: RunLock[]; codes: unknown[] }> {
  const outcomes = await Promise.allSettled(takers.map((Lock) => Lock.take(folder)));
  return {
    locks: outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : [])),
    codes: outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason.code] : [])),
  };
}

const deadPid = () => spawnSync(process.execPath, ['--version']).pid;
const write = (holder: unknown) =>
  writeFile(lock, typeof holder === 'string' ? holder : JSON.stringify({ host: hostname(), ...(holder as object) }));

describe('a lock', () => {
  it('is held by one, and is gone afterwards', async () => {
    const [first, second] = [await another(), await another()];
    const held = await first.take(folder);
    await expect(second.take(folder)).rejects.toMatchObject({ code: 'RUN_IN_USE' });
    await expect(first.take(folder)).rejects.toMatchObject({ code: 'RUN_IN_USE' });
    expect(JSON.parse(await readFile(lock, 'utf8'))).toMatchObject({ pid: process.pid, host: hostname() });
    await held.release();
    expect(await readdir(folder)).toEqual([]);
    await (await second.take(folder)).release();
  });

  it('is obtained by exactly one of many at the same time: new, left by a dead process, or damaged', async () => {
    const takers = await Promise.all(Array.from({ length: 6 }, another));
    for (const former of [undefined, { pid: deadPid() }, '', '{"pid":']) {
      if (former !== undefined) await write(former);
      const { locks, codes } = await race(takers);
      expect(locks).toHaveLength(1);
      expect(new Set(codes)).toEqual(new Set(['RUN_IN_USE']));
      await locks[0].release();
      expect(await readdir(folder)).toEqual([]);
    }
  });

  it('is released only by its owner', async () => {
    const Lock = await another();
    const held = await Lock.take(folder);
    const others = JSON.stringify({ pid: 1, host: 'another machine' });
    await writeFile(lock, others);
    await held.release();
    expect(await readFile(lock, 'utf8')).toBe(others);
  });

  it('of a process that died while taking it over is taken over, too', async () => {
    const [Lock, Other] = [await another(), await another()];
    await write({ pid: deadPid(), id: 'first' });
    const name = vi.spyOn(process, 'kill');
    const held = await Lock.take(folder);
    const claimed = await readFile(lock, 'utf8');
    expect(name).toHaveBeenCalled();
    await held.release();
    // The same again, with the claim of a dead process next to it.
    const { createHash } = await import('node:crypto');
    const former = JSON.stringify({ pid: deadPid(), host: hostname(), id: 'second' });
    await writeFile(lock, former);
    const digest = createHash('sha256').update(former).digest('hex').slice(0, 16);
    await writeFile(`${lock}.${digest}.claim`, claimed.replace(String(process.pid), String(deadPid())));
    const { locks } = await race([Lock, Other]);
    expect(locks).toHaveLength(1);
    await locks[0].release();
    expect(await readdir(folder)).toEqual([]);
  });
});

describe.skipIf(process.platform !== 'linux')('the number of a process', () => {
  it('that has been reused locks nothing', async () => {
    const Lock = await another();
    await write({ pid: process.ppid, started: 'long ago' });
    await (await Lock.take(folder)).release();
    await write({ pid: process.pid, started: 'long ago' });
    await (await Lock.take(folder)).release();
  });

  it('of a zombie locks nothing', async () => {
    // The shell starts a process that ends, becomes another program, and never collects its exit status.
    const parent = spawn('bash', ['-c', 'true & echo $!; exec sleep 20'], { stdio: ['ignore', 'pipe', 'ignore'] });
    const [printed] = await once(parent.stdout, 'data');
    await new Promise((resolve) => setTimeout(resolve, 100));
    await write({ pid: Number(printed) });
    const Lock = await another();
    await (await Lock.take(folder)).release();
    parent.kill('SIGKILL');
  });
});

describe('a lock file', () => {
  it.each([
    'null',
    '[]',
    '{}',
    '{"pid":"1","host":"x"}',
    '{"pid":-1,"host":""}',
    '{"pid":0}',
    '{"pid":1e99}',
    'x'.repeat(9),
  ])('of %s is taken for nobody', async (text) => {
    await write(text.replace('""', JSON.stringify(hostname())));
    await (await (await another()).take(folder)).release();
    expect(await readdir(folder)).toEqual([]);
  });

  it.each<[string, () => unknown]>([
    ['a pipe', () => spawnSync('mkfifo', [lock])],
    ['a folder', () => mkdir(lock)],
    ['a device', () => symlink('/dev/zero', lock)],
    ['a link to nothing', () => symlink('nowhere', lock)],
    ['a link to itself', () => symlink('lock.json', lock)],
    ['megabytes', () => writeFile(lock, Buffer.alloc(2 ** 20))],
  ])('that is %s is refused by name', async (_, make) => {
    await make();
    await expect((await another()).take(folder)).rejects.toMatchObject({
      code: 'NOT_READABLE',
      message: expect.stringContaining('lock.json'),
    });
  });
});
