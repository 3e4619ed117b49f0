/** Removes records from an index of keys. */
import { KeyIndex } from './key-index';
import type { PageFile } from './page-file';
import { placeOf } from './scan';

/** Returns the index of the records whose keys are wanted. Reads all leaves once. */
export function filterKeyIndex(file: PageFile, index: KeyIndex, isWanted: (key: Uint8Array) => boolean): KeyIndex {
  const kept: number[] = [];
  const runs: { page: number; start: number; node: number }[] = [];
  let next = { page: -1, node: -1 };
  for (let i = 0; i < index.length; i++) {
    const { leaf, index: node } = placeOf(file, index, i);
    if (!isWanted(leaf.key(node))) continue;
    const page = leaf.number;
    if (page !== next.page || node !== next.node) runs.push({ page, start: kept.length, node });
    next = { page, node: node + 1 };
    kept.push(i);
  }
  const { valuePages } = index;
  return new KeyIndex(
    valuePages instanceof Float64Array
      ? Float64Array.from(kept, (i) => valuePages[i])
      : Uint32Array.from(kept, (i) => valuePages[i]),
    Uint32Array.from(kept, (i) => index.valueSizes[i]),
    Float64Array.from(runs, ({ page }) => page),
    Float64Array.from(runs, ({ start }) => start),
    Uint32Array.from(runs, ({ node }) => node),
  );
}
