import { fileURLToPath } from 'node:url';
import { defineConfig, type Options } from 'tsup';
import { declarations } from '../../scripts/declarations';
import { licenses } from '../../scripts/licenses';
import { splitCommonJs } from '../../scripts/split-commonjs';

const bundled = licenses();

const shared: Options = {
  // An optional peer dependency: loaded where it is needed, never bundled.
  external: ['lmdb'],
  target: 'node20',
  esbuildPlugins: [bundled],
  shims: true,
};

export default defineConfig([
  {
    ...shared,
    entry: { index: 'src/entries/index.ts', convert: 'src/entries/convert.ts', source: 'src/entries/source.ts' },
    format: 'esm',
    clean: ['*.js', '*.js.map'],
  },
  {
    ...shared,
    entry: { index: 'src/entries/index.ts', convert: 'src/entries/convert.ts', source: 'src/entries/source.ts' },
    format: 'cjs',
    // What a program doesn't use is not read.
    splitting: true,
    esbuildOptions: splitCommonJs,
    // An ES module, which not every Node.js 20 lets CommonJS load.
    noExternal: ['hyparquet-writer'],
    clean: ['*.cjs', '!*-worker.cjs'],
  },
  {
    ...shared,
    entry: {
      // Started from CommonJS, which takes less time, and from one file.
      'batch-worker': 'src/batches/worker.ts',
      'convert-worker': 'src/convert/worker.ts',
    },
    format: 'cjs',
    clean: ['*-worker.cjs'],
  },
  declarations('lmdb-datum', ['entries/index', 'entries/convert', 'entries/source']),
  {
    // For pages, in one file: what Node.js has by itself (Buffer) is in it.
    entry: { source: 'src/entries/source.ts' },
    outDir: 'dist/browser',
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    clean: true,
    splitting: true,
    noExternal: [/^(?!@ae\/images(\/threads)?$)/],
    external: ['@ae/images', '@ae/images/threads'],
    inject: ['src/source/buffer.js'],
    esbuildPlugins: [
      bundled,
      {
        name: 'stand-ins',
        setup: ({ onResolve }) =>
          onResolve({ filter: /\/msgpack-decoder$/ }, () => ({
            path: fileURLToPath(new URL('src/schemas/msgpack-decoder-in-browsers.ts', import.meta.url)),
          })),
      },
    ],
  },
]);
