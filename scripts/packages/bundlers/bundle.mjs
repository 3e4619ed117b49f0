/**
 * Bundles the server and the pages: `node bundle.mjs vite <tools>`. It runs in a project that has the packages; the bundlers are in
 * `tools`. Settings beyond those of every project are the ones that docs/bundlers.md tells users to make.
 */
import { createRequire } from 'node:module';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

const [, , name, tools] = process.argv;
const require = createRequire(`${tools}/package.json`);
const load = async (file) => import(pathToFileURL(require.resolve(file)).href);

const bundlers = {
  async esbuild() {
    const { build } = await load('esbuild');
    const shared = { bundle: true, format: 'esm', logLevel: 'warning' };
    const server = { ...shared, entryPoints: ['server.js'], platform: 'node', packages: 'external' };
    await build({ ...server, outfile: 'esbuild/server/server.mjs' });
    const pages = { ...shared, entryPoints: ['database.js', 'network-esbuild.js'], loader: { '.wasm': 'file' } };
    await build({ ...pages, entryNames: '[name]', publicPath: '/page/', outdir: 'esbuild/page', splitting: true });
  },

  async webpack() {
    const { default: webpack } = await load('webpack');
    const shared = { mode: 'production', performance: { hints: false }, experiments: { outputModule: true } };
    const output = { path: resolve('webpack/server'), filename: 'server.mjs', module: true };
    const server = { entry: './server.js', target: 'node20', externals: [/^@ae\//], externalsType: 'module' };
    await compile(webpack, { ...shared, ...server, output });
    const entry = { database: './database.js', 'network-webpack': './network-webpack.js' };
    const folder = { path: resolve('webpack/page'), filename: '[name].js', publicPath: '/page/', module: true };
    // Minifying TensorFlow.js takes half a minute and proves nothing more.
    await compile(webpack, { ...shared, entry, output: folder, optimization: { minimize: false } });
  },

  async vite() {
    const { build } = await load('vite');
    const shared = { configFile: false, logLevel: 'warn', base: '/page/' };
    const server = { ssr: 'server.js', outDir: 'vite/server', rollupOptions: { output: named('server.mjs') } };
    await build({ ...shared, build: server });
    const input = ['database.js', 'network-vite.js'];
    const pages = { outDir: 'vite/page', rollupOptions: { input, output: named('[name].js') } };
    await build({ ...shared, build: { ...pages, chunkSizeWarningLimit: 4_000 } });
  },
};

const named = (entryFileNames) => ({ entryFileNames });

/** Runs webpack; a warning is a failure, too. */
function compile(webpack, configuration) {
  return new Promise((done, refuse) => {
    webpack(configuration, (error, stats) => {
      if (error) return refuse(error);
      return stats.hasErrors() || stats.hasWarnings() ? refuse(new Error(stats.toString('errors-warnings'))) : done();
    });
  });
}

await bundlers[name]();
