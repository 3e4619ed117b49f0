/**
 * The side module: what TypeScript may use of it. build.mjs writes dist/jobs.ts from these exports: the functions with the fields of their
 * jobs, and the constants.
 */
export { analyzeBlocks, synthesizeBlocks } from './block-transform';
export { choose } from './choice';
export { conv } from './conv';
export { convPool } from './conv-pool';
export { depthwise, TAP_BYTES } from './depthwise';
export { depthwiseFilterGradient, depthwiseInputGradient } from './depthwise-gradients';
export { columnSums, prelu, reluGrad, squaredErrorGrad, squaredErrors } from './elementwise';
export { filterGradient, sumChunks } from './filter-gradient';
export { matMul } from './matmul';
export { ADAM, MOMENTUM, optimizerStep, SGD } from './optimizers';
export { BAND_ROWS, outerProduct } from './outer-product';
export { packFilter } from './pack-filter';
export { gatherTaps, STRETCH, scatterTaps } from './pixel-blocks';
export { maxPool, maxPoolGrad, maxUnpool, maxUnpoolGrad } from './pooling';
export { probe } from './probe';
export { ACCUMULATE, BIAS, BLOCK_VALUES, DOT_SUM_BYTES, RELU } from './simd';
export { PAIR_BYTES, packTable, tableBytes, windowsOf } from './sparse';
export { DENSE, NOBODYS, SPARSE, sparseGradient, sumSparse } from './sparse-gradient';
export { packSpread, spread } from './spread';
export { PANEL, ROWS } from './tiles';
export { reflectionPass, takeReflection } from './tridiagonal';
export { unpoolConv } from './unpool-conv';
export { PACK_CHANNELS, packWinograd, winogradConv } from './winograd-conv';
export { SLICE_VALUES, winogradGradient } from './winograd-gradient';
export { decodeZones, encodeZones, gatherZones, scatterZones } from './zones';
