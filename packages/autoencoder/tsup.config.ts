import { fileURLToPath } from 'node:url';
import { defineConfig, type Options } from 'tsup';

const common: Options = {
  entry: { index: 'src/index.ts' },
  sourcemap: true,
};

const standIns = fileURLToPath(new URL('src/browser/node-modules.ts', import.meta.url));

export default defineConfig([
  {
    ...common,
    entry: { ...common.entry, options: 'src/options.ts' },
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
    splitting: false,
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
