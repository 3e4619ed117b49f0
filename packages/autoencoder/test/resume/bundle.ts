import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import path from 'node:path';
import { build } from 'tsup';
import { assemblyForTsup } from '../../../../scripts/assembly-plugin.js';

/** A program of this folder as a file that node runs. */
export interface Program {
  readonly file: string;
  remove(): Promise<void>;
}

/** Bundles a program with the sources it tests, so that a child process runs what is in src and not what was built last. */
export async function bundle(name: string): Promise<Program> {
  const root = path.resolve(import.meta.dirname, '../..');
  // Inside the package, so that node finds its dependencies.
  await mkdir(path.join(root, 'node_modules'), { recursive: true });
  const outDir = await mkdtemp(path.join(root, 'node_modules/.resume-'));
  await build({
    ...{ config: false, silent: true, dts: false, clean: false, format: ['esm'], target: 'node20' },
    ...{
      entry: { [name]: path.join(import.meta.dirname, `${name}.ts`) },
      outDir,
      outExtension: () => ({ js: '.mjs' }),
    },
    external: [/^@ae\/(?!ground\/)/, /^@tensorflow\//],
    noExternal: [/^@ae\/ground\//],
    esbuildPlugins: [assemblyForTsup],
  });
  return { file: path.join(outDir, `${name}.mjs`), remove: () => rm(outDir, { recursive: true, force: true }) };
}
