import { fileURLToPath } from 'node:url';
import { defineConfig, type Options } from 'tsup';
import { declarations } from '../../scripts/declarations';

const entries = ['index', 'baselines', 'codes', 'interchange', 'native', 'options', 'report', 'runs', 'scores'];

const common: Options = {
  entry: Object.fromEntries(entries.map((name) => [name, `src/${name}.ts`])),
  // One copy of each class, whichever entries a program loads.
  splitting: true,
  sourcemap: true,
};

const standIns = fileURLToPath(new URL('src/browser/node-modules.ts', import.meta.url));

const forNode: Options = {
  ...common,
  // An optional dependency: loaded where it is needed, never bundled.
  external: ['sharp'],
  target: 'node20',
  shims: true,
};

export default defineConfig([
  { ...forNode, format: 'esm', clean: ['*.js', '*.js.map'] },
  {
    ...forNode,
    format: 'cjs',
    // An ES module alone, which the first versions of Node.js 20 cannot require.
    noExternal: ['hyparquet-writer'],
    clean: ['*.cjs', '*.cjs.map'],
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
      {
        name: 'node-modules',
        setup: ({ onResolve }) => {
          onResolve({ filter: /^node:/ }, () => ({ path: standIns }));
          onResolve({ filter: /^sharp$/ }, () => ({ path: standIns }));
        },
      },
    ],
  },
]);
