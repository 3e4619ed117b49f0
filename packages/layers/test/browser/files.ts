/** What pages of these tests are made of and load. */
import { fileURLToPath } from 'node:url';

/** The path of a file beside this one. */
export const here = (file: string) => fileURLToPath(new URL(file, import.meta.url));

/** What stands in for modules that a page doesn't have, in the bundles of the conformance suite. */
export const shims = { vitest: here('vitest-shim.ts'), 'node:fs': here('fs-shim.ts') };

/** Folders of this package by the first part of an address. */
export const folders = {
  dist: here('../../dist'),
  fixtures: here('../golden/fixtures'),
  'saved-model': here('../fixtures/saved-model'),
};
