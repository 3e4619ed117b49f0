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

test('sets a flag once everything is loaded, and restores what is the default of this V8', async () => {
  const told = pretend();
  let load = () => {};
  const result = optimizingLater(
    async () => {
      await nextTurn();
      expect(told).toEqual([]);
      load();
      await nextTurn();
      return [...told];
    },
    new Promise<void>((resolve) => {
      load = resolve;
    }),
  );
  const during = await result;
  const [set, putBack] = told;
  // V8 of Node.js 22 needs none.
  if (versions.v8.startsWith('12.')) return expect(told).toEqual([]);
  expect([during, told]).toEqual([[set], [set, putBack]]);
  const { stdout } = spawnSync(process.execPath, ['--v8-options'], { encoding: 'utf8' });
  expect(stdout).toContain(`default: ${putBack}\n`);
  expect(set.split('=')[0]).toBe(putBack.split('=')[0]);
});

test('restores the flag if the work fails', async () => {
  const told = pretend({ v8: '13.6.233.17-node.53' });
  const work = async () => {
    await nextTurn();
    throw new Error('no');
  };
  await expect(optimizingLater(work, loaded)).rejects.toThrow('no');
  expect(told).toEqual(['--invocation-count-for-maglev=3200', '--invocation-count-for-maglev=400']);
});

test('sets nothing after the work', async () => {
  const told = pretend({ v8: '13.6.233.17-node.53' });
  let load = () => {};
  await optimizingLater(
    async () => {},
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
  ['Bun', { v8: '13.6.233.17-node.53', bun: '1.3.0' }],
  ['a process whose user has chosen when V8 optimizes', { v8: '11.3.244.8-node.38', args: ['--interrupt_budget=9'] }],
])('sets nothing in %s', async (_name, process) => {
  const told = pretend(process);
  expect(await optimizingLater(async () => 7, loaded)).toBe(7);
  expect(told).toEqual([]);
});
