/** Ops beside those of the layers: matrices of cosine transforms, images made whole blocks, matrices made tridiagonal, tensors read in place. */
export { type BlockSize, cosineMatrix, extendImages } from '../ops/block-transform';
export { readInto } from '../ops/read-into';
export { reduceOnBackend, type Tridiagonal } from '../ops/reduce-on-backend';
