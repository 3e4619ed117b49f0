import type { Options } from 'tsup';

/** Returns what the file of an entry in src/ is called in dist/. */
export const inDist = (file: string): string => file.replace(/^entries\//, '');

/**
 * Returns the part of a package's build that makes its declarations, for import and for require, of those that tsc wrote into types/: a
 * bundle for each entry, so that what the package does not export, and what it bundles of @ae/ground, needs no file of its own.
 *
 * @param folder Of the package, in packages/.
 * @param entries Files in src/, without .ts.
 */
export function declarations(folder: string, entries: readonly string[]): Options {
  return {
    entry: Object.fromEntries(entries.map((file) => [inDist(file), `types/${folder}/src/${file}.d.ts`])),
    format: ['esm', 'cjs'],
    dts: {
      only: true,
      // `Symbol.dispose`, which TypeScript's default library has only of its newest targets.
      banner: '/// <reference lib="esnext.disposable" />',
      // TypeScript 6 warns of what tsup sets.
      compilerOptions: { ignoreDeprecations: '6.0', paths: { '@ae/ground/*': ['./types/ground/src/*'] } },
    },
    clean: ['**/*.d.ts', '**/*.d.cts'],
  };
}
