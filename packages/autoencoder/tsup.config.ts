import { fileURLToPath } from 'node:url';
import { defineConfig, type Options } from 'tsup';

const entries = ['index', 'baselines', 'codes', 'native', 'options', 'report', 'runs', 'scores'];

const common: Options = {
  entry: Object.fromEntries(entries.map((name) => [name, `src/${name}.ts`])),
  // One copy of each class, whichever entries a program loads.
  splitting: true,
  sourcemap: true,
};

const standIns = fileURLToPath(new URL('src/browser/node-modules.ts', import.meta.url));

export default defineConfig([
  {
    ...common,
    // An optional dependency: loaded where it is needed, never bundled.
    external: ['sharp'],
    format: ['esm', 'cjs'],
    dts: { compilerOptions: { ignoreDeprecations: '6.0' } },
    target: 'node20',
    shims: true,
    clean: ['!browser'],
  },
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
