import { defineConfig, type Options } from 'tsup';

const shared: Options = {
  // An optional dependency: loaded where it is needed, never bundled.
  external: ['lmdb'],
  target: 'node20',
  sourcemap: true,
  shims: true,
};
const declarations = { ignoreDeprecations: '6.0' };

export default defineConfig([
  {
    ...shared,
    entry: { index: 'src/index.ts', convert: 'src/convert.ts' },
    format: 'esm',
    dts: { compilerOptions: declarations },
    clean: ['**/*.js', '**/*.js.map', '**/*.d.ts'],
  },
  {
    ...shared,
    entry: {
      index: 'src/index.ts',
      // Started from CommonJS, which takes less time.
      'batch-worker': 'src/batches/worker.ts',
      'convert-worker': 'src/convert/worker.ts',
    },
    format: 'cjs',
    dts: { compilerOptions: declarations, entry: { index: 'src/index.ts' } },
    clean: ['**/*.cjs', '**/*.cjs.map', '**/*.d.cts'],
  },
]);
