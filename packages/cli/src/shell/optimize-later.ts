/** Has V8 optimize JavaScript later: short work ends before it pays, and on few cores it waits for the compiler. */
import v8 from 'node:v8';

/**
 * Flags with which V8 optimizes no JavaScript (WebAssembly all the same), and those that restore its defaults, by major version of V8. Others
 * have not been tested.
 */
const flags: Readonly<Record<string, readonly [set: string, putBack: string]>> = {
  // Node.js 20
  11: ['--no-opt', '--opt'],
  // Node.js 22
  12: ['--no-opt', '--opt'],
  // Node.js 24
  13: ['--no-opt --no-maglev', '--opt --maglev'],
  // Node.js 26
  14: ['--no-opt --no-maglev', '--opt --maglev'],
};

/** Until then, what 20,000 images take longer is less than what V8 takes to optimize. */
const laterMs = 1000;

/**
 * Runs work, and keeps V8 from optimizing for a second of it.
 *
 * @param work Calls what it is given, once or more often, as soon as it does what it will do a thousand times.
 * @param loaded When what it needs is loaded, its threads included: V8 drops compiled code that was kept under other flags.
 */
export async function optimizingLater<T>(work: (begin: () => void) => Promise<T>, loaded: Promise<void>): Promise<T> {
  const [set, putBack] = flagsHere() ?? [];
  if (!set || !putBack) return work(() => {});
  let timer: NodeJS.Timeout | undefined;
  let hasBegun = false;
  let isOver = false;
  const putFlagsBack = () => {
    isOver = true;
    if (timer) v8.setFlagsFromString(putBack);
    clearTimeout(timer);
    timer = undefined;
  };
  const begin = () => {
    if (hasBegun) return;
    hasBegun = true;
    void loaded.then(() => {
      if (isOver) return;
      v8.setFlagsFromString(set);
      timer = setTimeout(putFlagsBack, laterMs);
    });
  };
  try {
    return await work(begin);
  } finally {
    putFlagsBack();
  }
}

/** Returns the flags for this version of Node.js, unless the user has chosen when V8 optimizes. */
function flagsHere(): readonly [set: string, putBack: string] | undefined {
  const { v8: version, bun, deno } = process.versions;
  const major = /^(\d+)\.[\d.]+-node\.\d+$/.exec(version)?.[1];
  const isChosen = process.execArgv.some((argument) =>
    /interrupt.budget|invocation.count|maglev|turbofan|\bopt\b/.test(argument),
  );
  return major === undefined || bun || deno || isChosen ? undefined : flags[major];
}
