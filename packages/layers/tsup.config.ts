import { defineConfig } from 'tsup';

export default defineConfig({
  entry: {
    index: 'src/index.ts',
    'backends/cpu': 'src/backends/cpu.ts',
    'backends/tensorflow/index': 'src/backends/tensorflow/index.ts',
    'backends/wasm/index': 'src/backends/wasm/index.ts',
    'backends/webgl/index': 'src/backends/webgl/index.ts',
    'backends/webgpu/index': 'src/backends/webgpu/index.ts',
  },
  format: ['esm', 'cjs'],
  dts: { compilerOptions: { ignoreDeprecations: '6.0', paths: { '@ae/ground/*': ['../ground/src/*'] } } },
  target: 'node20',
  clean: true,
  sourcemap: true,
  shims: true,
  // Bundlers for browsers know `node:os` from package.json's `browser`; tsup would write `os`.
  removeNodeProtocol: false,
});
