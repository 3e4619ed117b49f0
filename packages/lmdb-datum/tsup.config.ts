import { defineConfig } from 'tsup';
import { assemblyForTsup } from './assembly-plugin.js';

export default defineConfig({
  entry: {
    index: 'src/index.ts',
    worker: 'src/worker.ts',
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
