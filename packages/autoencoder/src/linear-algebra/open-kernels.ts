import wasm from '../../assembly/index.ts?wasm&alone';
import type { Kernels } from './kernels';
import { PlainKernels } from './plain-kernels';

const pageBytes = 65536;

/** Compiled once; null where WebAssembly has no SIMD, or is forbidden. */
let compiled: WebAssembly.Module | null | undefined;

/** Makes room for so many values, all 0, and the kernels to work on them. */
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

/** What the assembly exports: the same functions, by addresses in bytes. */
interface Exports {
  addProducts(...addresses: number[]): void;
  passOver(...addresses: number[]): void;
  reflectPairs(...addresses: number[]): void;
}

/** Returns undefined where there is no room for one more memory. */
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
