import { defineConfig } from 'tsup';

export default defineConfig({
  entry: {
    index: 'src/index.ts',
  },
  // Optional dependencies: loaded where they are needed, never bundled.
  external: ['lmdb', 'sharp'],
  format: ['esm', 'cjs'],
  dts: { compilerOptions: { ignoreDeprecations: '6.0' } },
  target: 'node20',
  clean: true,
  sourcemap: true,
});
