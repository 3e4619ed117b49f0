/**
 * Compiles WebAssembly with V8's flags set temporarily, for versions with which that has been tested.
 *
 * A flag that a version of V8 does not expect can abort the process, and nothing can catch that. So flags are set only for the major
 * versions of V8 that CI has run (`npm run test:node`), and only if nobody else has set any for WebAssembly.
 */
import { isNode } from './tfjs-binary';

/** A flag, and the one that restores V8's default. One flag can change others: those are in the list, too. */
type Flag = readonly [set: string, putBack: string];

/** The flags for one major version of V8. They are set in this order and restored in reverse: V8 can compile in every state in between. */
interface FlagSets {
  /** Optimized code immediately, instead of quickly generated code that is replaced piece by piece during the first steps. */
  readonly optimize: readonly Flag[];
  /** Combines neighboring 128-bit operations into 256-bit ones. Missing if V8 does not combine those of this engine's tiles. */
  readonly revectorize?: readonly Flag[];
  /** Accepts relaxed SIMD, if it is not part of the language yet. */
  readonly relaxSimd?: readonly Flag[];
}

const optimize: readonly Flag[] = [
  ['--no-wasm-lazy-compilation', '--wasm-lazy-compilation'],
  ['--no-liftoff', '--liftoff'],
];
/** Up to V8 12, turning Liftoff off turns this off, and turning it on again does not turn it back on. */
const tiering: Flag = ['--no-wasm-dynamic-tiering', '--wasm-dynamic-tiering'];
const revectorize: readonly Flag[] = [['--experimental-wasm-revectorize', '--no-experimental-wasm-revectorize']];

/** By major version of V8. scripts/test-node.mjs runs all of them: add a Node.js there first. */
const TESTED_V8: Readonly<Record<number, FlagSets>> = {
  // Node.js 20
  11: {
    optimize: [tiering, ...optimize],
    relaxSimd: [['--experimental-wasm-relaxed-simd', '--no-experimental-wasm-relaxed-simd']],
  },
  // Node.js 22
  12: { optimize: [tiering, ...optimize] },
  // Node.js 24
  13: { optimize, revectorize },
  // Node.js 26, which inlines based on what its first compiler has seen, and aborts the process if that one is turned off.
  14: { optimize: [['--no-wasm-inlining', '--wasm-inlining'], ...optimize], revectorize },
};

/** Flags of V8 that affect how WebAssembly is compiled; `--experimental-wasm-modules` belongs to Node.js and does not. */
const BEARS_ON_WASM = /wasm|liftoff|turbo|single-threaded|predictable|stress|fuzz|lite-mode|future/;
const BEARS_NOT = /^--(no-)?experimental-wasm-modules$/;

/** Sets V8's flags while something is compiled. */
export class V8Flags {
  /** Why no flags are set, in one sentence without a period, if Node.js would allow them to be set. */
  reason?: string;
  readonly #set: (flags: string) => void;
  #sets?: FlagSets;

  private constructor(set: (flags: string) => void, sets: FlagSets | undefined, reason?: string) {
    this.#set = set;
    this.#sets = sets;
    this.reason = reason;
  }

  /** Determines which flags can be set here. `allowed`: whether the caller allows any. */
  static async find(allowed = true): Promise<V8Flags> {
    const none = (reason?: string) => new V8Flags(() => {}, undefined, reason);
    if (!isNode() || !process.versions.v8) return none();
    if (!allowed) return none("V8's flags are switched off");
    const sets = testedFlags(process.versions);
    if (!sets) return none(`V8 ${process.versions.v8} is not one whose flags have been tested`);
    const own = process.execArgv.find(bearsOnWasm);
    if (own) return none(`the process was started with ${own}, so V8's flags are left as they are`);
    const { default: v8 } = await import(/* webpackIgnore: true */ /* @vite-ignore */ 'node:v8');
    return new V8Flags((flag) => v8.setFlagsFromString(flag), sets);
  }

  /** Tells whether V8 accepts a module: as it is, or with relaxed SIMD allowed. */
  validate(bytes: Uint8Array<ArrayBuffer>): boolean {
    return WebAssembly.validate(bytes) || this.#with(this.#sets?.relaxSimd ?? [], () => WebAssembly.validate(bytes));
  }

  /** Compiles a module, to optimized code if flags may be set. */
  async compile(bytes: Uint8Array<ArrayBuffer>): Promise<WebAssembly.Module> {
    if (!this.#sets) return WebAssembly.compile(bytes);
    const { optimize, relaxSimd = [] } = this.#sets;
    // Relaxed SIMD is only for modules that need it: V8 11 of Node.js 21 has it by default, and keeps it.
    const flags = WebAssembly.validate(bytes) ? optimize : [...relaxSimd, ...optimize];
    return this.#with(flags, () => new WebAssembly.Module(bytes));
  }

  /** Compiles a module with pairs of operations combined; undefined if V8 is not known to do that. */
  async compileRevectorized(bytes: Uint8Array<ArrayBuffer>): Promise<WebAssembly.Module | undefined> {
    const { optimize = [], revectorize } = this.#sets ?? {};
    if (!revectorize || process.arch !== 'x64') return undefined;
    const module = this.#with([...optimize, ...revectorize], () => new WebAssembly.Module(bytes));
    return this.#sets && module;
  }

  /** Runs f with flags set, stopping at the first one that cannot be set, and restores them whatever happens. */
  #with<T>(flags: readonly Flag[], f: () => T): T {
    const tried: Flag[] = [];
    try {
      for (const flag of flags) {
        tried.unshift(flag);
        this.#set(flag[0]);
      }
    } catch (error) {
      this.#sets = undefined;
      this.reason = `V8's flags cannot be set here (${error instanceof Error ? error.message : error})`;
      this.#putBack(tried.splice(0));
    }
    try {
      return f();
    } finally {
      this.#putBack(tried);
    }
  }

  #putBack(flags: readonly Flag[]): void {
    for (const [, putBack] of flags) {
      try {
        this.#set(putBack);
      } catch {
        // What cannot be set was not set either; the others are put back all the same.
      }
    }
  }
}

/** Returns the flags for this version; undefined for an untested one, and for a runtime that only claims to be Node.js. */
function testedFlags({ v8, bun, deno, electron }: NodeJS.ProcessVersions): FlagSets | undefined {
  const major = /^(\d+)\.[\d.]+-node\.\d+$/.exec(v8)?.[1];
  return major === undefined || bun || deno || electron ? undefined : TESTED_V8[Number(major)];
}

function bearsOnWasm(argument: string): boolean {
  const flag = argument.replaceAll('_', '-');
  return /^--?\w/.test(flag) && BEARS_ON_WASM.test(flag.replace(/=.*/, '')) && !BEARS_NOT.test(flag);
}
