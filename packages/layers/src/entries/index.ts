export {
  DtypeError,
  type ErrorParts,
  GraphError,
  InvalidIndexError,
  InvalidOptionError,
  LayersError,
  MaskError,
  MissingKernelError,
  ShapeError,
} from '../errors';
export { type ForwardOptions, fuseForward } from '../fuse/fuse-forward';
export {
  BlockTransform2D,
  type BlockTransform2DArgs,
  blockTransform2d,
  InverseBlockTransform2D,
  type InverseBlockTransform2DArgs,
  inverseBlockTransform2d,
} from '../layers/block-transform-2d';
export { type LayerArgs, MaxPooling2D, type MaxPooling2DArgs, maxPooling2d } from '../layers/max-pooling-2d';
export { MaxUnpooling2D, type MaxUnpooling2DArgs, maxUnpooling2d } from '../layers/max-unpooling-2d';
export { hasOwnInitializer } from '../layers/own-initializers';
export {
  type Conv2DArgs,
  conv2d,
  conv2dTranspose,
  type DenseArgs,
  flatten,
  type LinearArgs,
  linear,
  type ReshapeArgs,
  relu,
  reshape,
  type WeightArgs,
} from '../layers/standard-layers';
export {
  InverseZonalCode,
  type InverseZonalCodeArgs,
  inverseZonalCode,
  ZonalCode,
  type ZonalCodeArgs,
  zonalCode,
} from '../layers/zonal-code';
export type { SequentialStep } from '../model/connect-layer';
export type { SampleShape } from '../model/layer-shape';
export { Residual, residual } from '../model/residual';
export { Sequential, type SequentialOptions } from '../model/sequential';
export { type SplitModel, splitModel } from '../model/split-model';
export { maxPoolWithArgmax, type PooledWithIndices } from '../ops/max-pool-with-argmax';
export { type MaskMode, type MaxUnpoolOptions, maxUnpool } from '../ops/max-unpool';
export { meanSquaredError } from '../ops/mean-squared-error';
export { type AdamOptions, adamStep, type SgdOptions, sgdStep } from '../ops/optimizer-steps';
export type { Padding2D, PoolOptions, ResolvedPoolOptions, Size2D } from '../ops/pool-geometry';
