import type { Options } from 'tsup';

/**
 * For `esbuildOptions` of a build that splits CommonJS: tsup passes its chunks to sucrase, which turns `?.` and `??` into calls with
 * closures, whereas esbuild makes comparisons.
 */
export const splitCommonJs: Options['esbuildOptions'] = (options, { format }) => {
  if (format !== 'cjs') return;
  options.supported = { ...options.supported, 'optional-chain': false, 'nullish-coalescing': false };
};
