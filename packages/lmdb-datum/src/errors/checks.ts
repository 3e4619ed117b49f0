/** Checks of what callers pass in: each throws an InvalidOptionError with one sentence. */
import type { Shard } from '@ae/ground/shards';
import { defaultMaxPixels } from '@ae/images/kind';
import { describe, InvalidOptionError } from './errors';

/** The maximum for a raw Datum with three channels. */
const mostPixels = Math.floor((2 ** 31 - 1) / 3);

/** Checks one option that was passed. */
type Check = (name: string, value: unknown) => void;

/** The names that an object of options may have, with checks of those that are alike everywhere. */
export type Known<T> = Record<keyof T, true | Check>;

export function refuse(name: string, expected: string, received: unknown, todo = 'change the option'): never {
  throw new InvalidOptionError({
    where: name,
    expected,
    received: describe(received),
    todo,
  });
}

/** Refuses values that are not an object, and unknown names: a misspelled option must not be ignored silently. */
export function assertKeys<T extends object>(name: string, options: T, known: Known<T>): void {
  if (typeof options !== 'object' || options === null || Array.isArray(options))
    refuse(name, 'an object of options', options);
  const unknown = Object.keys(options).find((key) => !Object.hasOwn(known, key));
  if (unknown !== undefined) {
    refuse(name, `options of ${Object.keys(known).join(', ')}`, unknown, 'check the spelling, or leave it out');
  }
  for (const [key, check] of Object.entries<true | Check>(known)) {
    const value = options[key as keyof T];
    if (check !== true && value !== undefined) check(key, value);
  }
}

export function assertWhole(name: string, value: unknown, least: number, most = Number.MAX_SAFE_INTEGER): void {
  const isWhole = Number.isSafeInteger(value) && (value as number) >= least && (value as number) <= most;
  const range = most === Number.MAX_SAFE_INTEGER ? `of ${least} or more` : `from ${least} to ${most}`;
  if (!isWhole) refuse(name, `a whole number ${range}`, value);
}

export function assertOneOf(name: string, value: unknown, choices: readonly unknown[]): void {
  if (choices.includes(value)) return;
  const named = choices.filter((choice) => choice !== undefined).map(describe);
  refuse(name, named.join(' or '), value);
}

export function assertFlag(name: string, value: unknown): void {
  assertOneOf(name, value, [true, false]);
}

export function assertFunction(name: string, value: unknown): void {
  if (typeof value !== 'function') refuse(name, 'a function', value);
}

export function assertName(name: string, value: unknown): void {
  if (typeof value !== 'string') refuse(name, 'a name', value);
}

/** Accepts signals of other realms and polyfills. */
export function assertSignal(name: string, value: unknown): void {
  if (typeof (value as AbortSignal | null)?.throwIfAborted !== 'function') refuse(name, 'an AbortSignal', value);
}

export function assertPath(name: string, value: unknown): void {
  if (typeof value !== 'string' || value === '') refuse(name, 'a path', value, 'pass a string');
}

/** Fills in the default limit on the pixels of an image. @throws InvalidOptionError */
export function checkMaxPixels(maxPixels = defaultMaxPixels): number {
  assertWhole('maxPixels', maxPixels, 1, mostPixels);
  return maxPixels;
}

/** Checks which of several processes this is. */
export function assertShard(name: string, shard: unknown): void {
  const { index = Number.NaN, count = Number.NaN } = (shard ?? {}) as Partial<Shard>;
  if (Number.isInteger(count) && count >= 1 && Number.isInteger(index) && index >= 0 && index < count) return;
  throw new InvalidOptionError({
    where: name,
    expected: 'an index from 0 to count - 1',
    received: `index ${describe(index)} of ${describe(count)}`,
    todo: 'number shards from 0',
  });
}
