import { spawnSync } from 'node:child_process';
import v8 from 'node:v8';
import { afterEach, expect, test, vi } from 'vitest';
import { optimizingLater } from './optimize-later';

const { versions, execArgv } = process;

afterEach(() => {
  vi.restoreAllMocks();
  Object.defineProperty(process, 'versions', { value: versions, configurable: true });
  Object.defineProperty(process, 'execArgv', { value: execArgv, configurable: true, writable: true });
});

/** Makes this process look like another one, and records the flags that V8 would be given. */
function pretend({ args = [], ...others }: { v8?: string; bun?: string; args?: string[] } = {}): string[] {
  Object.defineProperty(process, 'versions', { value: { ...versions, ...others }, configurable: true });
  Object.defineProperty(process, 'execArgv', { value: args, configurable: true, writable: true });
  const told: string[] = [];
  vi.spyOn(v8, 'setFlagsFromString').mockImplementation((flag) => void told.push(flag));
  return told;
}

const loaded = Promise.resolve();
const nextTurn = () => new Promise<void>((resolve) => setImmediate(resolve));
const node24 = { v8: '13.6.233.17-node.53' };
const [set, putBack] = ['--no-opt --no-maglev', '--opt --maglev'];

afterEach(() => vi.useRealTimers());

test('sets flags once the work has begun and everything is loaded, and restores what is the default of this V8', async () => {
  const told = pretend();
  let load = () => {};
  const loading = new Promise<void>((resolve) => {
    load = resolve;
  });
  const during = await optimizingLater(async (begin) => {
    begin();
    await nextTurn();
    expect(told).toEqual([]);
    load();
    await nextTurn();
    begin();
    await nextTurn();
    return [...told];
  }, loading);
  const [set, putBack] = told;
  expect([during, told]).toEqual([[set], [set, putBack]]);
  const { stdout } = spawnSync(process.execPath, ['--v8-options'], { encoding: 'utf8' });
  for (const flag of putBack.split(' ')) expect(stdout).toContain(`default: ${flag}\n`);
  expect(set.replaceAll('--no-', '--')).toBe(putBack);
});

test('sets nothing if the work does not begin', async () => {
  const told = pretend(node24);
  expect(await optimizingLater(nextTurn, loaded)).toBeUndefined();
  expect(told).toEqual([]);
});

test('restores the flags after a second of the work', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  const told = pretend(node24);
  await optimizingLater(async (begin) => {
    begin();
    await nextTurn();
    vi.advanceTimersByTime(999);
    expect(told).toEqual([set]);
    vi.advanceTimersByTime(1);
    expect(told).toEqual([set, putBack]);
    begin();
    await nextTurn();
  }, loaded);
  expect(told).toEqual([set, putBack]);
});

test('restores the flags if the work fails', async () => {
  const told = pretend(node24);
  const work = async (begin: () => void) => {
    begin();
    await nextTurn();
    throw new Error('no');
  };
  await expect(optimizingLater(work, loaded)).rejects.toThrow('no');
  expect(told).toEqual([set, putBack]);
});

test('sets nothing after the work', async () => {
  const told = pretend(node24);
  let load = () => {};
  await optimizingLater(
    async (begin) => begin(),
    new Promise<void>((resolve) => {
      load = resolve;
    }),
  );
  load();
  await nextTurn();
  expect(told).toEqual([]);
});

test.each([
  ['untested versions', { v8: '15.0.1.2-node.3' }],
  ['Bun', { ...node24, bun: '1.3.0' }],
  ['a process whose user has chosen when V8 optimizes', { v8: '11.3.244.8-node.38', args: ['--interrupt_budget=9'] }],
])('sets nothing in %s', async (_name, process) => {
  const told = pretend(process);
  const work = async (begin: () => void) => {
    begin();
    await nextTurn();
    return 7;
  };
  expect(await optimizingLater(work, loaded)).toBe(7);
  expect(told).toEqual([]);
});
