/** Compiles WebAssembly with V8's flags set for just as long, where V8 lets itself be told (Node.js). */
import { isNode } from './tfjs-binary';

/** Optimised code at once, instead of quickly made code that is replaced piece by piece while the first steps run. */
const OPTIMIZED = { '--no-liftoff': '--liftoff', '--no-wasm-lazy-compilation': '--wasm-lazy-compilation' };

/** Joins neighbouring 128-bit operations to 256-bit ones. */
const REVECTORIZED = { '--experimental-wasm-revectorize': '--no-experimental-wasm-revectorize' };

/** The first major version of V8 that joins the operations of this engine's tiles: that of Node.js 24. */
const REVECTORIZING_V8 = 13;

type SetFlags = (flags: string) => void;

/** The setter of V8's flags, where there is one. */
async function flagSetter(): Promise<SetFlags | undefined> {
  if (!isNode() || !process.versions.v8) return undefined;
  const { setFlagsFromString } = await import(/* webpackIgnore: true */ /* @vite-ignore */ 'node:v8');
  return setFlagsFromString;
}

/** Compiles a module to optimised code. */
export async function compileOptimized(bytes: Uint8Array<ArrayBuffer>): Promise<WebAssembly.Module> {
  const setFlags = await flagSetter();
  return setFlags ? compileWith(setFlags, OPTIMIZED, bytes) : WebAssembly.compile(bytes);
}

/** Compiles a module with pairs of operations joined; undefined where this JavaScript engine is not known to do that. */
export async function compileRevectorized(bytes: Uint8Array<ArrayBuffer>): Promise<WebAssembly.Module | undefined> {
  const setFlags = await flagSetter();
  // Without a setter this is a browser, which has no `process` to ask.
  if (!setFlags || process.arch !== 'x64' || Number.parseInt(process.versions.v8, 10) < REVECTORIZING_V8)
    return undefined;
  return compileWith(setFlags, { ...OPTIMIZED, ...REVECTORIZED }, bytes);
}

function compileWith(
  setFlags: SetFlags,
  flags: Record<string, string>,
  bytes: Uint8Array<ArrayBuffer>,
): WebAssembly.Module {
  for (const flag of Object.keys(flags)) setFlags(flag);
  try {
    return new WebAssembly.Module(bytes);
  } finally {
    for (const opposite of Object.values(flags)) setFlags(opposite);
  }
}

/** Makes V8 accept relaxed SIMD where it is behind a flag (Node.js 20). It stays accepted: that changes nothing for other modules. */
export async function allowRelaxedSimd(): Promise<void> {
  (await flagSetter())?.('--experimental-wasm-relaxed-simd');
}
