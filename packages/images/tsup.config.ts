import { fileURLToPath } from 'node:url';
import { defineConfig, type Options } from 'tsup';
import { assemblyForTsup } from '../../scripts/assembly-plugin.js';
import { declarations } from '../../scripts/declarations';
import { importFromCommonJs } from '../../scripts/import-from-commonjs';
import { licenses } from '../../scripts/licenses';
import { splitCommonJs } from '../../scripts/split-commonjs';

const bundled = licenses();

const common: Options = {
  // A build for browsers (that of @ae/autoencoder) tells Node.js' modules by it.
  removeNodeProtocol: false,
};

const source = (name: string) => fileURLToPath(new URL(`src/${name}.ts`, import.meta.url));

const entries = (...names: string[]) => Object.fromEntries(names.map((name) => [name, `src/entries/${name}.ts`]));

const forNode: Options = {
  ...common,
  entry: entries('index', 'archives', 'files', 'kind', 'png', 'threads'),
  // An optional dependency: loaded where it is needed, never bundled.
  external: ['sharp'],
  esbuildPlugins: [assemblyForTsup, bundled],
  // One copy of kernels, budget and classes, whichever entries a program loads.
  splitting: true,
  esbuildOptions: splitCommonJs,
  target: 'node20',
  shims: true,
};

export default defineConfig([
  { ...forNode, format: 'esm', clean: ['*.js', '*.js.map'] },
  {
    ...forNode,
    format: 'cjs',
    clean: ['*.cjs', '*.cjs.map'],
    onSuccess: () => importFromCommonJs(new URL('dist/', import.meta.url), ['hyparquet', 'hyparquet-compressors']),
  },
  declarations(
    'images',
    ['index', 'archives', 'files', 'kind', 'png', 'threads'].map((name) => `entries/${name}`),
  ),
  {
    ...common,
    entry: entries('index', 'kind', 'png', 'threads'),
    outDir: 'dist/browser',
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    clean: true,
    esbuildPlugins: [
      bundled,
      {
        name: 'in-browsers',
        setup: ({ onResolve, onLoad }) => {
          onResolve({ filter: /\/platform\/node$/ }, () => ({ path: source('platform/browser') }));
          onResolve({ filter: /^\.\/zlib$/ }, () => ({ path: source('codecs/zlib-in-browsers') }));
          onResolve({ filter: /\/platform\/processors$/ }, () => ({ path: source('platform/processors-in-browsers') }));
          // Kernels need shared memory, which most pages have none of: resizing is done in JavaScript, to the same bits.
          onResolve({ filter: /\?wasm$/ }, () => ({ path: 'none', namespace: 'no-wasm' }));
          onLoad({ filter: /.*/, namespace: 'no-wasm' }, () => ({ contents: 'export default new Uint8Array();' }));
        },
      },
    ],
  },
]);
