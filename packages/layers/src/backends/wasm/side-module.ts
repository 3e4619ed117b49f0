/** Compiles the side module: this engine's kernels, which work in tfjs' memory. */
import { sideModules } from '../../../assembly/dist/side-module';
import { isNode } from './tfjs-binary';
import { allowRelaxedSimd, compileOptimized, compileRevectorized } from './v8-flags';

/**
 * What the side module was compiled for: `plain`, any engine with SIMD; `relaxed`, one with fused multiply-add; `wide`, one that
 * besides joins pairs of operations to 256 bits.
 */
export type SimdKind = keyof typeof sideModules;

/** A compiled side module. */
export interface SideModule {
  module: WebAssembly.Module;
  simd: SimdKind;
}

/**
 * Compiles the fastest variant that this engine accepts.
 *
 * @param shared says whether the memory it will import is shared
 * @param wanted a variant to compile in any case, for tests and comparisons
 */
export async function compileSideModule(shared: boolean, wanted?: SimdKind): Promise<SideModule> {
  const bytesOf = (kind: SimdKind) => {
    const bytes = decode(sideModules[kind]);
    if (!shared) importUnsharedMemory(bytes);
    return bytes;
  };
  const relaxed = await hasRelaxedSimd();
  if (wanted === 'wide' || (wanted === undefined && relaxed)) {
    const module = await compileRevectorized(bytesOf('wide'));
    if (module && (wanted === 'wide' || isWide(module, shared))) return { module, simd: 'wide' };
  }
  const simd = wanted === 'plain' || !relaxed ? 'plain' : 'relaxed';
  return { module: await compileOptimized(bytesOf(simd)), simd };
}

async function hasRelaxedSimd(): Promise<boolean> {
  const module = decode(sideModules.relaxed);
  // Node.js 20 has relaxed SIMD behind a flag; from 21 on it is part of the language.
  if (!WebAssembly.validate(module) && isNode()) await allowRelaxedSimd();
  return WebAssembly.validate(module);
}

/** The tile that profits from joined operations, one that does not, and how the data for both is laid out. */
const PROBE = {
  rows: 6,
  width: 16,
  otherRows: 2,
  otherWidth: 8,
  steps: 256,
  at: 4096,
  pages: 4,
  repeats: 20,
  rounds: 8,
};

/**
 * Says whether operations are really joined, and rightly so: the large tile must be exact, and not much slower than the small one,
 * which does a sixth of the work (measured: 1.5 times the time if they are joined, 5 times if they are not).
 */
function isWide(module: WebAssembly.Module, shared: boolean): boolean {
  const memory = new WebAssembly.Memory({ initial: PROBE.pages, maximum: PROBE.pages, shared });
  const probe = new WebAssembly.Instance(module, { env: { memory } }).exports.probe as (...sizes: number[]) => void;
  const { rows, width, otherRows, otherWidth, steps, at } = PROBE;
  const values = new Float32Array(memory.buffer, at).map((_, index) => ((index * 7919) % 17) - 8);
  const fastest = (rows: number, width: number) =>
    Math.min(
      ...Array.from({ length: PROBE.rounds }, () => {
        const start = performance.now();
        probe(rows, width, steps, at, PROBE.repeats);
        return performance.now() - start;
      }),
    );
  const ratio = fastest(rows, width) / fastest(otherRows, otherWidth);
  new Float32Array(memory.buffer, at).set(values);
  probe(rows, width, steps, at, 1);
  const [b, c] = [rows * steps, (rows + width) * steps];
  const product = new Float32Array(memory.buffer, at).subarray(c, c + rows * width);
  const exact = product.every((sum, index) => {
    const [row, column] = [Math.floor(index / width), index % width];
    let expected = 0;
    for (let step = 0; step < steps; step++) {
      expected += (values[row * steps + step] as number) * (values[b + step * width + column] as number);
    }
    return sum === expected;
  });
  return exact && ratio < 3;
}

function decode(base64: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
}

const IMPORT_SECTION = 2;
const LIMITS_SHARED = 3;
const LIMITS_NOT_SHARED = 1;

/** Makes the module import a memory that is not shared: the flag of the one memory that it imports, in place. */
function importUnsharedMemory(bytes: Uint8Array): void {
  const name = [...'env'].map((character) => character.charCodeAt(0));
  // Section: id, size (one byte, as it is small), count 1, "env", "memory", kind 2 (memory), flag of the limits.
  const at = bytes.findIndex(
    (byte, i) => byte === IMPORT_SECTION && bytes[i + 2] === 1 && name.every((c, k) => bytes[i + 4 + k] === c),
  );
  const flag = at + 4 + 'env'.length + 1 + 'memory'.length + 1;
  if (at < 0 || bytes[flag] !== LIMITS_SHARED) {
    throw new Error('[layers] side module: expected it to import one shared memory.');
  }
  bytes[flag] = LIMITS_NOT_SHARED;
}
