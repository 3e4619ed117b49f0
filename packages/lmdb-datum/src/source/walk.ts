/** Goes from leaf to leaf in key order. The next leaves are requested together, as far as the page above lists them. */
import { type KeyIndex, LeafIndexer } from '../lmdb/key-index';
import type { TreeRecord } from '../lmdb/meta';
import type { Page } from '../lmdb/page';
import { TreeCursor } from '../lmdb/tree-cursor';
import type { checkWalkOptions } from './options';
import type { SourcePages } from './source-pages';
import { takeStep } from './steps';

const leavesAhead = 32;

/** Tells the keys of images from others. */
export type IsImage = (key: Uint8Array) => boolean;

/** Yields the images of a range: the nodes of each leaf that contain one. */
export async function* walkImages(
  pages: SourcePages,
  tree: TreeRecord,
  isImage: IsImage,
  { start, end, limit, signal }: ReturnType<typeof checkWalkOptions>,
): AsyncGenerator<{ leaf: Page; nodes: number[] }, void, undefined> {
  const cursor = new TreeCursor(pages, tree);
  let more = await takeStep(() => (start ? cursor.seek(start) : cursor.first()));
  for (let left = limit; more && left > 0; ) {
    signal?.throwIfAborted();
    const { leaf, index, leafEnd } = cursor;
    const past = end ? leaf.search(end) : leaf.count;
    const nodes: number[] = [];
    for (let i = index; i < past && nodes.length < left; i++) if (isImage(leaf.key(i))) nodes.push(i);
    left -= nodes.length;
    const ahead = cursor.leavesAhead(Math.min(leavesAhead, Math.ceil(left / leaf.count)));
    if (nodes.length > 0) yield { leaf, nodes };
    if (past < leaf.count || !leafEnd || left === 0) return;
    signal?.throwIfAborted();
    await pages.loadAhead(ahead);
    more = await takeStep(() => cursor.seek(leafEnd));
  }
}

/** Reads all leaves once, to find images by index. @throws CorruptDatabaseError */
export async function indexImages(pages: SourcePages, tree: TreeRecord, isImage: IsImage): Promise<KeyIndex> {
  const indexer = new LeafIndexer(pages, tree, isImage);
  const cursor = new TreeCursor(pages, tree);
  for (let more = await takeStep(() => cursor.first()); more; ) {
    const { leaf, leafEnd } = cursor;
    indexer.add(leaf);
    if (!leafEnd) break;
    await pages.loadAhead(cursor.leavesAhead(leavesAhead));
    more = await takeStep(() => cursor.seek(leafEnd));
  }
  return indexer.finish();
}
