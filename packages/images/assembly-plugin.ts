/**
 * Compiles `import wasm from '../assembly/index.ts?wasm'` to the bytes of a WebAssembly module: one plugin for tsup (esbuild), one
 * for vitest. So nothing generated lies in the source tree.
 */
import path from 'node:path';
import type { Plugin as EsbuildPlugin } from 'esbuild';
import type { Plugin as VitePlugin } from 'vitest/config';
import { compileAssembly } from '../../scripts/assembly.mjs';

const wasmImport = /\?wasm$/;

const compiled = new Map<string, Promise<Uint8Array>>();

/** Returns a module's bytes. ESM and CommonJS share what one process compiles. */
function compiledOnce(file: string): Promise<Uint8Array> {
  const bytes = compiled.get(file) ?? compileAssembly(file);
  compiled.set(file, bytes);
  return bytes;
}

export const assemblyForTsup: EsbuildPlugin = {
  name: 'assembly',
  setup(build) {
    build.onResolve({ filter: wasmImport }, ({ path: file, resolveDir }) => ({
      path: path.resolve(resolveDir, file.replace(wasmImport, '')),
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
    const base64 = Buffer.from(await compileAssembly(id.replace(wasmImport, ''))).toString('base64');
    return `export default Uint8Array.from(Buffer.from('${base64}', 'base64'));`;
  },
};
