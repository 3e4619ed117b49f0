import type { Options } from 'tsup';

/**
 * For `esbuildOptions` of a build that splits CommonJS: tsup hands its chunks to sucrase, which makes calls with closures of `?.` and `??`
 * where esbuild makes comparisons.
 */
export const splitCommonJs: Options['esbuildOptions'] = (options, { format }) => {
  if (format !== 'cjs') return;
  options.supported = { ...options.supported, 'optional-chain': false, 'nullish-coalescing': false };
};
