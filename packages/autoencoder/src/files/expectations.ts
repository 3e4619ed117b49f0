/** Checks of values read from untrusted files: each error says what is wrong and where, as part of a sentence. */
import { inWords } from '../errors/errors';

/** Describes what is wrong with a file: "training.step is -1, not a whole number of at least 0". */
export class Unexpected extends Error {}

type Bounds = { readonly min?: number; readonly max?: number };

function refuse(where: string, value: unknown, expected: string): never {
  const found = value === undefined ? 'missing' : inWords(value);
  throw new Unexpected(`${where} is ${found}${value === undefined ? '' : `, not ${expected}`}`);
}

export function expectRecord(where: string, value: unknown): asserts value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) refuse(where, value, 'an object');
}

export function expectList(where: string, value: unknown, maxLength = 1e6): asserts value is unknown[] {
  if (!Array.isArray(value) || value.length > maxLength) refuse(where, value, `a list of at most ${maxLength}`);
}

export function expectText(where: string, value: unknown): asserts value is string {
  if (typeof value !== 'string') refuse(where, value, 'text');
}

export function expectOneOf(where: string, value: unknown, known: readonly unknown[]): void {
  if (!known.includes(value)) refuse(where, value, `one of ${known.join(', ')}`);
}

/** A whole number that JSON and JavaScript represent exactly. */
export function expectWhole(
  where: string,
  value: unknown,
  { min = 0, max = Number.MAX_SAFE_INTEGER }: Bounds = {},
): asserts value is number {
  const isWhole = Number.isSafeInteger(value) && (value as number) >= min && (value as number) <= max;
  const upper = max === Number.MAX_SAFE_INTEGER ? '' : ` and at most ${max}`;
  if (!isWhole) refuse(where, value, `a whole number of at least ${min}${upper}`);
}

/** A finite number. */
export function expectNumber(
  where: string,
  value: unknown,
  { min = Number.NEGATIVE_INFINITY, max = Number.POSITIVE_INFINITY }: Bounds = {},
): asserts value is number {
  const isNumber = typeof value === 'number' && Number.isFinite(value) && value >= min && value <= max;
  const lower = min === Number.NEGATIVE_INFINITY ? '' : ` of at least ${min}`;
  if (!isNumber) refuse(where, value, `a number${lower}`);
}

/** A number of decibels, which is infinite for a perfect reconstruction. */
export function expectDecibels(where: string, value: unknown): asserts value is number {
  if (value !== Number.POSITIVE_INFINITY) expectNumber(where, value);
}

/** Parses JSON in which decibels may be Infinity; see `writeJson`. */
export function parseJson(text: string): unknown {
  const readInfinity = (key: string, value: unknown) =>
    value === 'Infinity' && key.endsWith('Db') ? Number.POSITIVE_INFINITY : value;
  try {
    return JSON.parse(text, readInfinity);
  } catch (cause) {
    throw new Unexpected('it is not valid JSON', { cause });
  }
}

/** Writes JSON, which has no Infinity, the PSNR of a perfect reconstruction. */
export function writeJson(value: unknown, indent?: number): string {
  const nameInfinity = (_key: string, part: unknown) => (part === Number.POSITIVE_INFINITY ? 'Infinity' : part);
  return JSON.stringify(value, nameInfinity, indent);
}
