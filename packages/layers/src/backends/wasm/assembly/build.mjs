/**
 * Builds the side module: compiles assembly/index.ts with AssemblyScript, once for each kind of engine, and writes the bytes and the
 * bundled worker script as text into assembly/dist/side-module.ts. As text they reach Node.js (ESM and CommonJS), bundlers and
 * browsers alike, without a file to find at run time. Beside it comes dist/jobs.ts: see jobs-source.mjs.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Node, NodeKind } from 'assemblyscript';
import asc from 'assemblyscript/asc';
import { Transform } from 'assemblyscript/transform';
import { build } from 'esbuild';
import { commentBefore, jobsSource } from './jobs-source.mjs';
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

class ReadSources extends Transform {
  afterParse(parser) {
    ({ sources } = parser);
    for (const { statements } of sources) for (const statement of statements) decorateInlined(statement);
  }
}

/** Gives a function whose comment ends with `@inline` the decorator of that name, which TypeScript does not allow on functions. */
function decorateInlined(statement) {
  if (statement.kind !== NodeKind.FunctionDeclaration || !/@inline \*\/\s*$/.test(commentBefore(statement))) return;
  const name = Node.createIdentifierExpression('inline', statement.range);
  statement.decorators = [Node.createDecorator(name, null, statement.range)];
}

/** Compiles one variant and returns the module's bytes. */
async function compile(name, { features, tiles }) {
  const generated = { 'tiles.ts': () => tilesSource(tiles), 'winograd-transforms.ts': transformsSource };
  const written = new Map();
  const stderr = asc.createMemoryStream();
  const { error } = await asc.main(
    [
      'index.ts',
      ...['--outFile', 'side-module.wasm', '-O3', '--noAssert', '--runtime', 'stub', '--enable', features],
      ...['--importMemory', '--sharedMemory', '--initialMemory', '1', '--maximumMemory', '65536', '--use', 'abort='],
      ...['--disableWarning', '201'], // usize is 32 bits wide here, as i32 is
    ],
    {
      stderr,
      transforms: [ReadSources],
      readFile: (file) => generated[file]?.() ?? readIfPresent(join(here, file)),
      writeFile: (file, data) => written.set(extname(file), data),
      listFiles: () => [],
    },
  );
  if (error) throw new Error(`${name}: ${error.message}\n${stderr.toString()}`);
  return written.get('.wasm');
}

function readIfPresent(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return null;
  }
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
for (const [name, variant] of Object.entries(variants)) modules[name] = await compile(name, variant);
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
