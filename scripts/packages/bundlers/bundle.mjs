/** Bundles the server: `node bundle.mjs vite <tools>`. It runs in a project that has the packages; the bundlers are in `tools`. */
import { createRequire } from 'node:module';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

const [, , name, tools] = process.argv;
const require = createRequire(`${tools}/package.json`);
const load = async (file) => import(pathToFileURL(require.resolve(file)).href);

const bundlers = {
  async esbuild() {
    const { build } = await load('esbuild');
    const server = { entryPoints: ['server.js'], bundle: true, format: 'esm', platform: 'node', packages: 'external' };
    await build({ ...server, outfile: 'esbuild/server/server.mjs', logLevel: 'warning' });
  },

  async webpack() {
    const { default: webpack } = await load('webpack');
    const output = { path: resolve('webpack/server'), filename: 'server.mjs', module: true };
    const server = { entry: './server.js', target: 'node20', externals: [/^@ae\//], externalsType: 'module' };
    await compile(webpack, { ...server, output, mode: 'production', experiments: { outputModule: true } });
  },

  async vite() {
    const { build } = await load('vite');
    const output = { entryFileNames: 'server.mjs' };
    const server = { ssr: 'server.js', outDir: 'vite/server', rollupOptions: { output } };
    await build({ configFile: false, logLevel: 'warn', build: server });
  },
};

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
