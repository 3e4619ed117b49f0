import { defineConfig } from 'tsup';
import { assemblyForTsup } from './assembly-plugin.js';

export default defineConfig({
  entry: { index: 'src/index.ts', kind: 'src/kind.ts', png: 'src/png.ts' },
  // An optional dependency: loaded where it is needed, never bundled.
  external: ['sharp'],
  esbuildPlugins: [assemblyForTsup],
  format: ['esm', 'cjs'],
  dts: { compilerOptions: { ignoreDeprecations: '6.0' } },
  target: 'node20',
  // A build for browsers (that of @ae/autoencoder) tells Node.js' modules by it.
  removeNodeProtocol: false,
  sourcemap: true,
  clean: true,
});
