import { fileURLToPath } from 'node:url';
import { defineConfig, type Options } from 'tsup';
import { assemblyForTsup } from '../../scripts/assembly-plugin.js';
import { declarations } from '../../scripts/declarations';
import { licenses } from '../../scripts/licenses';

const bundled = licenses();

const common: Options = {
  // A build for browsers (that of @ae/autoencoder) tells Node.js' modules by it.
  removeNodeProtocol: false,
};

const inBrowsers = (name: string) => fileURLToPath(new URL(`src/browser/${name}.ts`, import.meta.url));

export default defineConfig([
  {
    ...common,
    entry: {
      index: 'src/index.ts',
      archives: 'src/archives.ts',
      files: 'src/files.ts',
      kind: 'src/kind.ts',
      png: 'src/png.ts',
      threads: 'src/threads.ts',
    },
    // An optional dependency: loaded where it is needed, never bundled.
    external: ['sharp'],
    esbuildPlugins: [assemblyForTsup, bundled],
    format: ['esm', 'cjs'],
    // One copy of kernels, budget and classes, whichever entries a program loads.
    splitting: true,
    target: 'node20',
    shims: true,
    clean: ['*.js', '*.cjs', '*.map'],
  },
  declarations('images', ['index', 'archives', 'files', 'kind', 'png', 'threads']),
  {
    ...common,
    entry: { index: 'src/index.ts', kind: 'src/kind.ts', png: 'src/png.ts', threads: 'src/threads.ts' },
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
          onResolve({ filter: /\/(platform|zlib)$/ }, ({ path }) => ({ path: inBrowsers(path.replace(/.*\//, '')) }));
          // Kernels need shared memory, which most pages have none of: resizing is done in JavaScript, to the same bits.
          onResolve({ filter: /\?wasm$/ }, () => ({ path: 'none', namespace: 'no-wasm' }));
          onLoad({ filter: /.*/, namespace: 'no-wasm' }, () => ({ contents: 'export default new Uint8Array();' }));
        },
      },
    ],
  },
]);
