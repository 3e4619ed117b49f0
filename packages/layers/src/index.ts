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
export { type ForwardOptions, fuseForward } from './fuse-forward';
export { maxPoolWithArgmax, type PooledWithIndices } from './max-pool-with-argmax';
export { type LayerArgs, MaxPooling2D, type MaxPooling2DArgs, maxPooling2d } from './max-pooling-2d';
export { type MaskMode, type MaxUnpoolOptions, maxUnpool } from './max-unpool';
export { MaxUnpooling2D, type MaxUnpooling2DArgs, maxUnpooling2d } from './max-unpooling-2d';
export { meanSquaredError } from './mean-squared-error';
export { type AdamOptions, adamStep, type SgdOptions, sgdStep } from './optimizer-steps';
export { hasOwnInitializer } from './own-initializers';
export type { Padding2D, PoolOptions, Size2D } from './pool-geometry';
export { readInto } from './read-into';
export { Sequential, type SequentialOptions, type SequentialStep } from './sequential';
export { type SplitModel, splitModel } from './split-model';
export {
  type Conv2DArgs,
  conv2d,
  conv2dTranspose,
  flatten,
  type LinearArgs,
  linear,
  type ReshapeArgs,
  relu,
  reshape,
  type WeightArgs,
} from './standard-layers';
