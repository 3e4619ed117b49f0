import { fileURLToPath } from 'node:url';
import { defineConfig, type Options } from 'tsup';
import { assemblyForTsup } from '../../scripts/assembly-plugin.js';
import { declarations, inDist } from '../../scripts/declarations';
import { importFromCommonJs } from '../../scripts/import-from-commonjs';
import { licenses } from '../../scripts/licenses';
import { splitCommonJs } from '../../scripts/split-commonjs';

const entries = [
  'entries/index',
  'entries/baselines',
  'entries/codes',
  'entries/interchange',
  'entries/native',
  'entries/options',
  'entries/report',
  'entries/runs',
  'entries/scores',
  'entries/torchrun',
];

const bundled = licenses();

const common: Options = {
  entry: Object.fromEntries(entries.map((file) => [inDist(file), `src/${file}.ts`])),
  // One copy of each class, whichever entries a program loads.
  splitting: true,
  esbuildOptions: splitCommonJs,
};

const standIns = fileURLToPath(new URL('src/files/node-modules.ts', import.meta.url));

const forNode: Options = {
  ...common,
  // An optional dependency: loaded where it is needed, never bundled.
  external: ['sharp'],
  esbuildPlugins: [assemblyForTsup, bundled],
  target: 'node20',
  shims: true,
};

export default defineConfig([
  { ...forNode, format: 'esm', clean: ['*.js', '*.js.map'] },
  {
    ...forNode,
    format: 'cjs',
    // An ES module alone, which the first versions of Node.js 20 cannot require.
    noExternal: ['hyparquet', 'hyparquet-writer'],
    clean: ['*.cjs', '*.cjs.map'],
    // It is too large to be bundled.
    onSuccess: () => importFromCommonJs(new URL('dist/', import.meta.url), ['h5wasm']),
  },
  declarations('autoencoder', entries),
  {
    ...common,
    outDir: 'dist/browser',
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    clean: true,
    removeNodeProtocol: false,
    // So that the stand-ins below are in it, too.
    noExternal: [/^@ae\/images/],
    esbuildPlugins: [
      assemblyForTsup,
      bundled,
      {
        name: 'node-modules',
        setup: ({ onResolve }) => {
          onResolve({ filter: /^node:/ }, () => ({ path: standIns }));
          onResolve({ filter: /^(sharp|@ae\/ground\/(lock-file|running-processes))$/ }, () => ({ path: standIns }));
        },
      },
    ],
  },
]);
