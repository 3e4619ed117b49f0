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
    // Started from CommonJS, which takes less time, and from one file.
    entry: { 'batch-worker': 'src/batches/worker.ts' },
    format: 'cjs',
    noExternal: [/^@ae\/images/],
    clean: ['batch-worker.cjs'],
  },
  {
    ...shared,
    entry: { 'convert-worker': 'src/convert/worker.ts' },
    format: 'cjs',
    // Few files, and in them only what it uses; what few images need is apart.
    noExternal: [/^@ae\/images/],
    // Archives are opened by the thread that lists the images.
    external: ['lmdb', /\/image-source-/],
    splitting: true,
    esbuildOptions: (options, context) => {
      splitCommonJs?.(options, context);
      options.chunkNames = '[name]-[hash]-worker';
    },
    clean: ['*-worker.cjs', '!batch-worker.cjs'],
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
