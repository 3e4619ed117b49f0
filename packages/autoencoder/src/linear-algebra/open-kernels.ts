import wasm from '../../assembly/index.ts?wasm&alone';
import type { Kernels } from './kernels';
import { PlainKernels } from './plain-kernels';

const pageBytes = 65536;

/** Compiled once; null if WebAssembly has no SIMD or is forbidden. */
let compiled: WebAssembly.Module | null | undefined;

/** Allocates memory for this many values, all 0, and returns the kernels that work on it. */
export function openKernels(count: number): Kernels {
  compiled ??= compile();
  return (compiled && wasmKernels(compiled, count)) ?? new PlainKernels(new Float64Array(count));
}

function compile(): WebAssembly.Module | null {
  try {
    return new WebAssembly.Module(wasm);
  } catch {
    return null;
  }
}

/** The exports of the assembly: the same functions, with addresses in bytes. */
interface Exports {
  addProducts(...addresses: number[]): void;
  passOver(...addresses: number[]): void;
  reflectPairs(...addresses: number[]): void;
}

/** Returns undefined if there is no room for another memory. */
function wasmKernels(module: WebAssembly.Module, count: number): Kernels | undefined {
  try {
    const memory = new WebAssembly.Memory({ initial: Math.max(1, Math.ceil((8 * count) / pageBytes)) });
    const exports = new WebAssembly.Instance(module, { env: { memory } }).exports as unknown as Exports;
    return {
      values: new Float64Array(memory.buffer, 0, count),
      addProducts: (a, tilesA, b, tilesB, panel, length, sums, side, isSymmetric) =>
        exports.addProducts(8 * a, tilesA, 8 * b, tilesB, panel, length, 8 * sums, side, isSymmetric ? 1 : 0),
      passOver: (matrix, n, rows, state) => exports.passOver(8 * matrix, n, rows, 8 * state),
      reflectPairs: (vectors, pairs, n, four, length, sizes) =>
        exports.reflectPairs(8 * vectors, pairs, n, 8 * four, length, 8 * sizes),
    };
  } catch {
    return undefined;
  }
}
