/**
 * Compiles `import wasm from '../assembly/index.ts?wasm'` to the bytes of a WebAssembly module: one plugin for tsup (esbuild), one
 * for vitest. So nothing generated lies in the source tree.
 */
import path from 'node:path';
import asc from 'assemblyscript/asc';
import type { Plugin as EsbuildPlugin } from 'esbuild';
import type { Plugin as VitePlugin } from 'vitest/config';

const WASM_IMPORT = /\?wasm$/;
// Shared memory, so that batches that a worker makes need not be copied for the thread that asked for them.
const FLAGS =
  '--runtime stub --enable simd,threads --importMemory --sharedMemory --initialMemory 1 --maximumMemory 65536 -O3 --noAssert'.split(
    ' ',
  );

const compiled = new Map<string, Promise<Uint8Array>>();

/** Returns a module's bytes. ESM and CommonJS share what one process compiles. */
function compiledOnce(file: string): Promise<Uint8Array> {
  const bytes = compiled.get(file) ?? compile(file);
  compiled.set(file, bytes);
  return bytes;
}

async function compile(file: string): Promise<Uint8Array> {
  let wasm: Uint8Array | undefined;
  const { error, stderr } = await asc.main([path.relative('.', file), '--outFile', 'out.wasm', ...FLAGS], {
    writeFile(name: string, contents: string | Uint8Array) {
      if (name === 'out.wasm' && typeof contents !== 'string') wasm = contents;
    },
  });
  if (error || !wasm) throw new Error(`${file}: ${stderr}`, { cause: error });
  return wasm;
}

export const assemblyForTsup: EsbuildPlugin = {
  name: 'assembly',
  setup(build) {
    build.onResolve({ filter: WASM_IMPORT }, ({ path: file, resolveDir }) => ({
      path: path.resolve(resolveDir, file.replace(WASM_IMPORT, '')),
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
    if (!WASM_IMPORT.test(id)) return undefined;
    const base64 = Buffer.from(await compile(id.replace(WASM_IMPORT, ''))).toString('base64');
    return `export default Uint8Array.from(Buffer.from('${base64}', 'base64'));`;
  },
};
