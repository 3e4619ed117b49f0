/** Compiles the side module: this engine's kernels, which work in the memory of TensorFlow.js. */
import type { SideFunctions } from '../assembly/dist/jobs';
import { sideModules } from '../assembly/dist/side-module';
import { WasmEngineError } from './errors';
import { V8Flags } from './v8-flags';

/**
 * What the side module was compiled for: `plain`, any engine with SIMD; `relaxed`, one with fused multiply-add; `wide`, one that also
 * combines pairs of operations to 256 bits.
 */
export type SimdKind = keyof typeof sideModules;

/** A compiled side module. */
export interface SideModule {
  module: WebAssembly.Module;
  simd: SimdKind;
  /** Why V8 compiled it without flags, if Node.js would have allowed them to be set. */
  plainReason?: string;
}

/** What to compile and how. */
export interface CompileOptions {
  /** A variant to compile in any case, for tests and comparisons. */
  simd?: SimdKind;
  /** Whether V8's flags may be set meanwhile. Default true. */
  v8Flags?: boolean;
}

/**
 * Compiles the fastest variant that this engine accepts.
 *
 * @param shared says whether the memory it will import is shared
 * @throws WasmEngineError `WASM_MODULE_INVALID`
 */
export async function compileSideModule(
  shared: boolean,
  { simd: wanted, v8Flags }: CompileOptions = {},
): Promise<SideModule> {
  const flags = await V8Flags.find(v8Flags);
  const bytesOf = (kind: SimdKind) => {
    const bytes = decode(sideModules[kind]);
    if (!shared) importUnsharedMemory(bytes);
    return bytes;
  };
  const relaxed = flags.validate(decode(sideModules.relaxed));
  if (wanted === 'wide' || (wanted === undefined && relaxed)) {
    const module = await flags.compileRevectorized(bytesOf('wide'));
    if (module && (wanted === 'wide' || isWide(module, shared))) return { module, simd: 'wide' };
  }
  const simd = wanted === 'plain' || !relaxed ? 'plain' : 'relaxed';
  return { module: await flags.compile(bytesOf(simd)), simd, plainReason: flags.reason };
}

/** The tile besides the largest one, which does not benefit from combined operations, and the data layout of both. */
const probing = {
  otherRows: 2,
  otherWidth: 8,
  steps: 256,
  at: 4096,
  pages: 4,
  repeats: 20,
  rounds: 50,
};

/** The large tile does 6 times the work: it takes 1.5 times the time if operations are combined, 5 times if they are not. */
const largestRatio = 3;

/** Tells whether operations are really combined, and correctly: the large tile must be exact, and fast compared with the small one. */
function isWide(module: WebAssembly.Module, shared: boolean): boolean {
  const memory = new WebAssembly.Memory({ initial: probing.pages, maximum: probing.pages, shared });
  const side = new WebAssembly.Instance(module, { env: { memory } }).exports as unknown as Probe;
  return isExact(side, memory) && isFast(side);
}

/** The exports of the side module for this check: the largest tile's sizes, and a product of one tile. */
type Probe = Pick<SideFunctions, 'probe'> & Record<'ROWS' | 'PANEL', WebAssembly.Global<'i32'>>;

function isExact({ probe, ROWS, PANEL }: Probe, memory: WebAssembly.Memory): boolean {
  const { steps, at } = probing;
  const [rows, width] = [ROWS.value, PANEL.value];
  const values = Float32Array.from({ length: (rows + width) * steps }, (_, index) => ((index * 7919) % 17) - 8);
  new Float32Array(memory.buffer, at).set(values);
  probe(rows, width, steps, at, 1);
  const product = new Float32Array(memory.buffer, at + values.byteLength, rows * width);
  return product.every((sum, index) => {
    const [row, column] = [Math.floor(index / width), index % width];
    let expected = 0;
    for (let step = 0; step < steps; step++) {
      expected += values[row * steps + step] * values[rows * steps + step * width + column];
    }
    return sum === expected;
  });
}

function isFast({ probe, ROWS, PANEL }: Probe): boolean {
  const { otherRows, otherWidth, steps, at, repeats, rounds } = probing;
  const time = (rows: number, width: number) => {
    const start = performance.now();
    probe(rows, width, steps, at, repeats);
    return performance.now() - start;
  };
  let [large, small] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
  for (let round = 0; round < rounds; round++) {
    large = Math.min(large, time(ROWS.value, PANEL.value));
    small = Math.min(small, time(otherRows, otherWidth));
    if (round > 2 && large < largestRatio * small) return true;
  }
  return false;
}

function decode(base64: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
}

const importSection = 2;
const limitsShared = 3;
const limitsNotShared = 1;

/** Makes the module import unshared memory by changing the flag of the only memory that it imports, in place. */
function importUnsharedMemory(bytes: Uint8Array): void {
  const name = [...'env'].map((character) => character.charCodeAt(0));
  // Section: id, size (one byte, as it is small), count 1, "env", "memory", kind 2 (memory), flag of the limits.
  const at = bytes.findIndex(
    (byte, i) => byte === importSection && bytes[i + 2] === 1 && name.every((c, k) => bytes[i + 4 + k] === c),
  );
  const flag = at + 4 + 'env'.length + 1 + 'memory'.length + 1;
  if (at < 0 || bytes[flag] !== limitsShared) {
    throw new WasmEngineError(
      'WASM_MODULE_INVALID',
      'side module: it does not import one shared memory; rebuild @ae/layers.',
    );
  }
  bytes[flag] = limitsNotShared;
}
