/** Has V8 optimize JavaScript later: short work ends before it pays, and on few cores it waits for the compiler. */
import v8 from 'node:v8';

/**
 * A flag that makes V8 run functions eight times as often as usual before it optimizes them, and one that restores it, by major version of
 * V8. V8 12 (Node.js 22) is as late by itself, and others have not been tested.
 */
const flags: Readonly<Record<string, readonly [set: string, putBack: string]>> = {
  // Node.js 20. It counts bytes of bytecode.
  11: ['--interrupt-budget=540672', '--interrupt-budget=67584'],
  // Node.js 24
  13: ['--invocation-count-for-maglev=3200', '--invocation-count-for-maglev=400'],
  // Node.js 26
  14: ['--invocation-count-for-maglev=3200', '--invocation-count-for-maglev=400'],
};

/**
 * Runs work, during which V8 optimizes late.
 *
 * @param loaded When what it needs is loaded, its threads included: V8 drops compiled code that was kept under other flags.
 */
export async function optimizingLater<T>(work: () => Promise<T>, loaded: Promise<void>): Promise<T> {
  const [set, putBack] = flagsHere() ?? [];
  if (!set || !putBack) return work();
  let isOver = false;
  let isSet = false;
  void loaded.then(() => {
    if (!isOver) v8.setFlagsFromString(set);
    isSet = !isOver;
  });
  try {
    return await work();
  } finally {
    isOver = true;
    if (isSet) v8.setFlagsFromString(putBack);
  }
}

/** Returns the flags for this version of Node.js, unless the user has chosen when V8 optimizes. */
function flagsHere(): readonly [set: string, putBack: string] | undefined {
  const { v8: version, bun, deno } = process.versions;
  const major = /^(\d+)\.[\d.]+-node\.\d+$/.exec(version)?.[1];
  const isChosen = process.execArgv.some((argument) =>
    /interrupt.budget|invocation.count|maglev|\bopt\b/.test(argument),
  );
  return major === undefined || bun || deno || isChosen ? undefined : flags[major];
}
