import { defineConfig } from 'tsup';
import { assemblyForTsup } from './assembly-plugin.js';

export default defineConfig({
  entry: {
    index: 'src/index.ts',
    // Started from CommonJS, which takes less time.
    'batch-worker': 'src/batch-worker.ts',
    'convert-worker': 'src/convert-worker.ts',
  },
  // Optional dependencies: loaded where they are needed, never bundled.
  external: ['lmdb', 'sharp'],
  esbuildPlugins: [assemblyForTsup],
  format: ['esm', 'cjs'],
  dts: { compilerOptions: { ignoreDeprecations: '6.0' }, entry: { index: 'src/index.ts' } },
  target: 'node20',
  clean: true,
  sourcemap: true,
  shims: true,
});
