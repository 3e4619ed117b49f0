import { defineConfig, type Options } from 'tsup';
import { assemblyForTsup } from './assembly-plugin.js';

const shared: Options = {
  // Optional dependencies: loaded where they are needed, never bundled.
  external: ['lmdb', 'sharp'],
  esbuildPlugins: [assemblyForTsup],
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
