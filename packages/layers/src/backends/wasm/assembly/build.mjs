/**
 * Builds the side module: compiles assembly/index.ts with AssemblyScript, once for each kind of engine, and writes the bytes and the
 * bundled worker script as text into assembly/dist/side-module.ts. As text they reach Node.js (ESM and CommonJS), bundlers and
 * browsers alike, without a file to find at run time. Beside it comes dist/jobs.ts: see jobs-source.mjs.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { compileAssembly } from '../../../../../../scripts/assembly.mjs';
import { jobsSource } from './jobs-source.mjs';
import { tileSets, tilesSource } from './tiles.mjs';
import { transformsSource } from './winograd-transforms.mjs';

const here = fileURLToPath(new URL('.', import.meta.url));

/** name: what the engine must have, and the tiles that suit it. */
const variants = {
  relaxed: { features: 'simd,threads,relaxed-simd', tiles: tileSets.narrow },
  plain: { features: 'simd,threads', tiles: tileSets.narrow },
  wide: { features: 'simd,threads,relaxed-simd', tiles: tileSets.wide },
};

/** The parsed sources, alike for all variants but for the tiles. */
let sources;

/** Compiles one variant and returns the module's bytes. */
function compile({ features, tiles }) {
  const generated = {
    'tiles.ts': () => tilesSource(tiles),
    'winograd-transforms.ts': () => transformsSource(tiles.pairs === 2),
  };
  const onParsed = (parsed) => {
    sources = parsed;
  };
  return compileAssembly(join(here, 'index.ts'), { features, generated, onParsed });
}

/** Bundles the worker into one script without imports, as `new Worker(source, { eval: true })` and a blob: URL need it. */
async function bundleWorker() {
  const result = await build({
    entryPoints: [join(here, '../runtime/worker.ts')],
    ...{
      bundle: true,
      write: false,
      format: 'iife',
      platform: 'neutral',
      external: ['node:*'],
      target: 'es2022',
      minify: true,
    },
  });
  return result.outputFiles[0].text;
}

/** Returns the exported constants by name, without those that depend on the variant: Engine reads these at run time. */
function constantsOf(bytes) {
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 65536, shared: true });
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes), { env: { memory } });
  const globals = Object.entries(exports).filter(([, value]) => value instanceof WebAssembly.Global);
  return Object.fromEntries(
    globals.filter(([name]) => name !== 'PANEL' && name !== 'ROWS').map(([name, { value }]) => [name, value]),
  );
}

const modules = {};
for (const [name, variant] of Object.entries(variants)) modules[name] = await compile(variant);
const texts = Object.entries(modules).map(([name, bytes]) => [name, Buffer.from(bytes).toString('base64')]);
mkdirSync(join(here, 'dist'), { recursive: true });
writeFileSync(join(here, 'dist/jobs.ts'), jobsSource(sources, constantsOf(modules.plain)));
writeFileSync(
  join(here, 'dist/side-module.ts'),
  `// Made by assembly/build.mjs.
/** The side module, base64. */
export const sideModules = ${JSON.stringify(Object.fromEntries(texts), null, 2)};
/** The script of a worker thread. */
export const workerSource = ${JSON.stringify(await bundleWorker())};
`,
);
