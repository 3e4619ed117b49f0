export {
  DtypeError,
  GraphError,
  InvalidIndexError,
  InvalidOptionError,
  LayersError,
  MaskError,
  MissingKernelError,
  ShapeError,
} from './errors';
export { fuseForward } from './fuse-forward';
export { maxPoolWithArgmax, type PooledWithIndices } from './max-pool-with-argmax';
export { type MaskMode, type MaxUnpoolOptions, maxUnpool } from './max-unpool';
export { meanSquaredError } from './mean-squared-error';
export { type AdamOptions, adamStep, type SgdOptions, sgdStep } from './optimizer-steps';
export type { Padding2D, PoolOptions, Size2D } from './pool-geometry';
