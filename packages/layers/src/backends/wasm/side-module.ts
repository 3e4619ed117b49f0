/** Compiles the side module: this engine's kernels, which work in tfjs' memory. */
import { sideModules } from '../../../assembly/dist/side-module';
import { isNode } from './tfjs-binary';

/** What the side module was compiled for: engines with relaxed SIMD (fused multiply-add), or any with SIMD. */
export type SimdKind = keyof typeof sideModules;

/** A compiled side module. */
export interface SideModule {
  module: WebAssembly.Module;
  simd: SimdKind;
}

const IMPORT_SECTION = 2;
const LIMITS_SHARED = 3;
const LIMITS_NOT_SHARED = 1;

/**
 * Compiles the fastest variant that this engine accepts.
 *
 * @param shared says whether the memory it will import is shared
 * @param wanted a variant to compile in any case, for tests and comparisons
 */
export async function compileSideModule(shared: boolean, wanted?: SimdKind): Promise<SideModule> {
  const simd = wanted ?? (await fastestVariant());
  const bytes = decode(sideModules[simd]);
  if (!shared) importUnsharedMemory(bytes);
  return { module: await WebAssembly.compile(bytes), simd };
}

async function fastestVariant(): Promise<SimdKind> {
  const relaxed = decode(sideModules.relaxed);
  if (WebAssembly.validate(relaxed)) return 'relaxed';
  if (isNode()) {
    // Node.js 20 has relaxed SIMD behind a flag; from 21 on it is part of the language.
    const v8 = await import(/* webpackIgnore: true */ /* @vite-ignore */ 'node:v8');
    v8.setFlagsFromString('--experimental-wasm-relaxed-simd');
    if (WebAssembly.validate(relaxed)) return 'relaxed';
  }
  return 'plain';
}

function decode(base64: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
}

/** Makes the module import a memory that is not shared: the flag of the one memory that it imports, in place. */
function importUnsharedMemory(bytes: Uint8Array): void {
  const name = [...'env'].map((character) => character.charCodeAt(0));
  // Section: id, size (one byte, as it is small), count 1, "env", "memory", kind 2 (memory), flag of the limits.
  const at = bytes.findIndex(
    (byte, i) => byte === IMPORT_SECTION && bytes[i + 2] === 1 && name.every((c, k) => bytes[i + 4 + k] === c),
  );
  const flag = at + 4 + 'env'.length + 1 + 'memory'.length + 1;
  if (at < 0 || bytes[flag] !== LIMITS_SHARED)
    throw new Error('[layers] side module: expected it to import one shared memory.');
  bytes[flag] = LIMITS_NOT_SHARED;
}
