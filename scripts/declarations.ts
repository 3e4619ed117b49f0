import type { Options } from 'tsup';

/** Returns the name in dist/ of an entry's file in src/. */
export const inDist = (file: string): string => file.replace(/^entries\//, '');

/**
 * Returns the part of a package's build that makes its declarations, for import and for require, from those that tsc wrote to types/: one
 * bundle per entry, so that what the package does not export, and what it bundles from @ae/ground, needs no files of its own.
 *
 * @param folder Name of the package's folder in packages/.
 * @param entries Files in src/, without .ts.
 */
export function declarations(folder: string, entries: readonly string[]): Options {
  return {
    entry: Object.fromEntries(entries.map((file) => [inDist(file), `types/${folder}/src/${file}.d.ts`])),
    format: ['esm', 'cjs'],
    dts: {
      only: true,
      // `Symbol.dispose`, which only the newest targets of TypeScript's default library have.
      banner: '/// <reference lib="esnext.disposable" />',
      // TypeScript 6 warns about what tsup sets.
      compilerOptions: { ignoreDeprecations: '6.0', paths: { '@ae/ground/*': ['./types/ground/src/*'] } },
    },
    clean: ['**/*.d.ts', '**/*.d.cts'],
  };
}
