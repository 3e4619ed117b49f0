/** Remembers what was computed for a pair of sizes, because the images of a set often share a few. */

const most = 1024;

/** Wraps a function of two lengths (and nothing else) so that it computes each pair once. */
export function bySizes<T>(compute: (from: number, to: number) => T): (from: number, to: number) => T {
  const known = new Map<number, T>();
  return (from, to) => {
    const key = from * 2 ** 26 + to;
    let value = known.get(key);
    if (value === undefined) {
      if (known.size >= most) known.clear();
      value = compute(from, to);
      known.set(key, value);
    }
    return value;
  };
}
