/** One read of the source, and the next one once somebody has asked for it. */
interface Link<T> {
  readonly result: Promise<IteratorResult<T>>;
  next?: Link<T>;
}

/**
 * Lets two readers each read all of one stream. What one has read and the other has not is buffered, so they should proceed at about the
 * same speed; an error reaches both.
 */
export function branch<T>(source: AsyncIterable<T>): [AsyncIterable<T>, AsyncIterable<T>] {
  const iterator = source[Symbol.asyncIterator]();
  const read = (): Link<T> => ({ result: iterator.next() });
  let first: Link<T> | undefined;
  async function* follow(): AsyncGenerator<T> {
    first ??= read();
    let link = first;
    for (;;) {
      const { done, value } = await link.result;
      if (done) return;
      yield value;
      link.next ??= read();
      link = link.next;
    }
  }
  return [follow(), follow()];
}
