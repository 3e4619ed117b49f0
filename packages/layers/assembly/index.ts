export { conv, packFilter } from './conv';
export { columnSums, reluGrad, squaredErrorGrad, squaredErrors } from './elementwise';
export { filterGradient, sumChunks } from './filter-gradient';
export { matMul } from './matmul';
export { optimizerStep } from './optimizers';
export { maxPool, maxPoolGrad, maxUnpool, maxUnpoolGrad } from './pooling';
export { PANEL } from './tiles';
