/**
 * Linear algebra in double precision, as one WebAssembly module: AssemblyScript, compiled when the package is built. Addresses are bytes in the
 * imported memory. Each sum is added up in the order of src/linear-algebra/plain-kernels.ts, so that both come to the same bits.
 */
export { addProducts } from './products';
export { reflectPairs } from './reflections';
export { passOver } from './tridiagonal';
