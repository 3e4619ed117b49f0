/**
 * Compiles `import wasm from '../assembly/index.ts?wasm'` to the bytes of a WebAssembly module: one plugin for tsup (esbuild), one for
 * vitest, so that no generated files are in the source tree. `?wasm` is a module whose memory is shared by threads, `?wasm&alone` one with
 * its own memory.
 */
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Plugin as EsbuildPlugin } from 'esbuild';
import type { Plugin as VitePlugin } from 'vitest/config';
import { compileAssembly } from './assembly.mjs';

const wasmImport = /\?wasm(&alone)?$/;

const compiled = new Map<string, Promise<Uint8Array>>();

/** Returns a module's bytes, by the specifier in an import with the file's full path. ESM and CommonJS share what one process compiles. */
function compiledOnce(asked: string): Promise<Uint8Array> {
  const bytes = compiled.get(asked) ?? compiledBefore(asked);
  compiled.set(asked, bytes);
  return bytes;
}

const kept = fileURLToPath(new URL('../node_modules/.cache/assembly', import.meta.url));

/**
 * Returns what an earlier process, usually a build, made from the same sources with the same compiler; if there is none, compiles and
 * stores it.
 */
async function compiledBefore(asked: string): Promise<Uint8Array> {
  const file = asked.replace(wasmImport, '');
  const cached = path.join(kept, `${hashOfSources(asked, file)}.wasm`);
  if (fs.existsSync(cached)) return fs.readFileSync(cached);
  const bytes = await compileAssembly(file, { features: asked.endsWith('&alone') ? 'simd' : 'simd,threads' });
  const partial = `${cached}.${process.pid}`;
  fs.mkdirSync(kept, { recursive: true });
  fs.writeFileSync(partial, bytes);
  fs.renameSync(partial, cached);
  return bytes;
}

/** Hashes everything that the bytes of a module depend on: the sources beside it, the options, and the compiler. */
function hashOfSources(asked: string, file: string): string {
  const folder = path.dirname(file);
  const sources = fs.readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'));
  const compiler = ['assembly.mjs', '../package-lock.json'].map((name) =>
    fileURLToPath(new URL(name, import.meta.url)),
  );
  const hash = createHash('sha256').update(asked);
  for (const name of [...sources.sort().map((source) => path.join(folder, source)), ...compiler]) {
    hash.update(`${name}\n`).update(fs.readFileSync(name));
  }
  return hash.digest('hex').slice(0, 16);
}

export const assemblyForTsup: EsbuildPlugin = {
  name: 'assembly',
  setup(build) {
    build.onResolve({ filter: wasmImport }, ({ path: file, resolveDir }) => ({
      path: path.resolve(resolveDir, file),
      namespace: 'assembly',
    }));
    build.onLoad({ filter: /.*/, namespace: 'assembly' }, async ({ path: file }) => ({
      contents: await compiledOnce(file),
      loader: 'binary',
    }));
  },
};

export const assemblyForVitest: VitePlugin = {
  name: 'assembly',
  enforce: 'pre',
  async load(id) {
    if (!wasmImport.test(id)) return undefined;
    const base64 = Buffer.from(await compiledOnce(id)).toString('base64');
    return `export default Uint8Array.from(Buffer.from('${base64}', 'base64'));`;
  },
};
