import { readFile } from 'node:fs/promises';
import type { Plugin } from 'esbuild';
import { defineConfig } from 'tsup';
import { licenses } from '../../scripts/licenses';
import { splitCommonJs } from '../../scripts/split-commonjs';

/** Commander can start commands that are programs of their own, of which ae has none: what that needs takes as long to load as commander. */
const withoutPrograms: Plugin = {
  name: 'without-programs',
  setup({ onLoad }) {
    onLoad({ filter: /\/commander\/lib\/command\.js$/ }, async ({ path }) => ({
      contents: (await readFile(path, 'utf8')).replace("require('node:child_process')", '{}'),
    }));
  },
};

export default defineConfig({
  entry: {
    main: 'src/main.ts',
    'compile-cache': 'src/compile-cache.ts',
  },
  // Bundled, for commands are made of it, and it loads in no time: the packages that take time to load stay outside.
  noExternal: ['commander', '@ae/autoencoder/options', '@ae/images/files', '@ae/images/kind', '@ae/images/png'],
  // TensorFlow.js is CommonJS: Node.js reads it twice more where an ES module imports it, which is half a second for each command.
  format: ['cjs'],
  // A command loads what is its own.
  splitting: true,
  esbuildOptions: splitCommonJs,
  esbuildPlugins: [licenses(), withoutPrograms],
  dts: false,
  target: 'node20',
  clean: true,
});
