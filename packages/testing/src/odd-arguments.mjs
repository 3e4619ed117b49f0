/** Tests that functions refuse odd values in one plain sentence, in the place of each argument and each option. */
import { expect, test } from 'vitest';

/** @typedef {readonly [call: (...args: never[]) => unknown, ...args: readonly unknown[]]} Call a function and arguments with which it works */

/** Returns values that nothing but options that allow them takes. */
export const oddValues = () => [
  ...[undefined, null, 0, -1, 1.5, Number.NaN, 1e99, '', 'photo.jpg', true, 10n, Symbol('x'), () => undefined],
  ...[[], [null], [1], [[[null]]], {}, Object.create(null), { length: -1 }, new Map(), new Date(Number.NaN)],
  ...[new Uint8Array(0), new Uint8Array(5), Float32Array.of(Number.NaN), new ArrayBuffer(0), new Blob([])],
];

/**
 * Tests each call with one of its arguments, or one field of an argument, replaced by each odd value: that works, or throws an error of the
 * package with one sentence.
 *
 * @param {Readonly<Record<string, Call | (() => Call)>>} calls by name; functions make arguments that a call uses up
 * @param {new (...args: never[]) => Error} ErrorClass the base class of the package's errors
 */
export function testOddArguments(calls, ErrorClass) {
  test.each(Object.entries(calls))('%s refuses odd values of each argument in one sentence', async (_, call) => {
    const make = () => (typeof call === 'function' ? call() : call);
    const [work, ...args] = make();
    await run(work, args);
    for (const replace of replacements(args)) {
      for (const value of oddValues()) {
        const [again, ...fresh] = make();
        const error = await run(again, replace(fresh, value)).catch((caught) => caught ?? 'nothing');
        if (error === undefined) continue;
        expect(error).toBeInstanceOf(ErrorClass);
        expect(error.message).toMatch(/^\[[a-z-]+\] [^\n]+\.$/);
        expect(error.message).not.toMatch(/undefined \(reading|is not a function|\[object/);
      }
    }
  });
}

/**
 * Calls a function and waits for what it returns, to the second result of a generator.
 *
 * @param {(...args: never[]) => unknown} work
 * @param {readonly unknown[]} args
 */
async function run(work, args) {
  const result = /** @type {{ next?: () => unknown } | undefined} */ (
    await /** @type {(...args: readonly unknown[]) => unknown} */ (work)(...args)
  );
  if (typeof result?.next !== 'function') return;
  await result.next();
  await result.next();
}

/** @typedef {(args: readonly unknown[], value: unknown) => readonly unknown[]} Replace */

/**
 * Returns functions that replace one argument, or one field of an argument that is a plain object.
 *
 * @param {readonly unknown[]} args
 * @returns {Replace[]}
 */
function replacements(args) {
  return args.flatMap((arg, i) => {
    /** @type {Replace} */
    const whole = (all, value) => all.with(i, value);
    /** @type {(key: string) => Replace} */
    const field = (key) => (all, value) => all.with(i, { .../** @type {object} */ (all[i]), [key]: value });
    return [whole, ...fieldsOf(arg).map(field)];
  });
}

/** @param {unknown} arg */
const fieldsOf = (arg) =>
  typeof arg === 'object' && arg !== null && Object.getPrototypeOf(arg) === Object.prototype ? Object.keys(arg) : [];
