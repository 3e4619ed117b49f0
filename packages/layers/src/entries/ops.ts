/**
 * Ops besides those of the layers: cosine transform matrices, padding images to whole blocks, tridiagonal reduction, and reading tensors in
 * place.
 */
export { type BlockSize, cosineMatrix, extendImages } from '../ops/block-transform';
export { readInto } from '../ops/read-into';
export { reduceOnBackend, type Tridiagonal } from '../ops/reduce-on-backend';
