/** Examines records of a database before its schema is known, and those beside an image. Damaged records are not found. */
import { CorruptDatabaseError } from '../errors/errors';
import type { TreeRecord } from '../lmdb/meta';
import type { Page } from '../lmdb/page';
import type { PageFile } from '../lmdb/page-file';
import { Salvage } from '../lmdb/salvage';
import { keyText, type RecordPlace, type ScanOptions } from '../lmdb/scan';
import type { FirstRecords } from './record-format';
import type { Lookup } from './schema';

type Values = { read(leaf: Page, node: number): Uint8Array };
type Scan = (options: ScanOptions) => Iterable<RecordPlace>;

/** Number of nodes that are examined for first records, because named databases may be among them. */
const mostNodes = 64;

/** Makes a lookup from a scan over all records. */
export function lookupOf(scan: Scan, values: Values): Lookup {
  const from = <T>(start: string, read: (place: RecordPlace, key: string) => T): T | undefined =>
    unlessDamaged(() => {
      for (const place of scan({ start })) return read(place, keyText(place.leaf.key(place.index)));
      return undefined;
    });
  return {
    keyFrom: (start) => from(start, (_, key) => key),
    get: (wanted) =>
      from(wanted, ({ leaf, index }, key) =>
        key === wanted && !leaf.isSubtree(index) ? values.read(leaf, index) : undefined,
      ),
  };
}

/** Yields the first records that can be read. */
export function* firstRecords(scan: Scan, values: Values): FirstRecords & Generator {
  const places = scan({})[Symbol.iterator]();
  for (let nodes = 0; nodes < mostNodes; nodes++) {
    const next = unlessDamaged(() => places.next());
    if (!next || next.done) return;
    const { leaf, index } = next.value;
    const value = leaf.isSubtree(index) ? undefined : unlessDamaged(() => values.read(leaf, index));
    if (value) yield { key: keyText(leaf.key(index)), value };
  }
}

/** Yields the positions of records, as far as a damaged tree has them. */
export function* salvagedPlaces(file: PageFile, tree: TreeRecord): Generator<RecordPlace, void, undefined> {
  const salvage = new Salvage(file, { onDamage: () => undefined });
  for (const { page, nodes } of salvage.leaves(tree)) for (const index of nodes) yield { leaf: page, index };
}

function unlessDamaged<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof CorruptDatabaseError) return undefined;
    throw error;
  }
}
