import { defineConfig } from 'tsup';
import { declarations, inDist } from '../../scripts/declarations';
import { licenses } from '../../scripts/licenses';

const engines = ['cpu', 'tensorflow/index', 'wasm/index', 'webgl/index', 'webgpu/index'];
const entries = ['entries/index', 'entries/ops', ...engines.map((name) => `backends/${name}`)];

export default defineConfig([
  {
    entry: Object.fromEntries(entries.map((name) => [inDist(name), `src/${name}.ts`])),
    format: ['esm', 'cjs'],
    target: 'node20',
    clean: ['**/*.js', '**/*.cjs', '**/*.map'],
    shims: true,
    esbuildPlugins: [licenses()],
    // Bundlers for browsers know `node:os` from package.json's `browser`; tsup would write `os`.
    removeNodeProtocol: false,
  },
  declarations('layers', entries),
]);
