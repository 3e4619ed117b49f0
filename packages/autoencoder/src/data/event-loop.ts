/** How long work goes on before it gives the event loop a turn. */
const spellMs = 50;

/**
 * Lets timers, signals and writes in at most 20 times per second. Work that waits for nothing but promises that are kept at once keeps
 * them out until it ends.
 */
export class Breather {
  #last = performance.now();

  async breathe(): Promise<void> {
    const now = performance.now();
    if (now - this.#last < spellMs) return;
    await new Promise((resolve) => setTimeout(resolve));
    this.#last = performance.now();
  }
}

/** Waits for `work`, or for `signal`: undefined then, at once, and whatever becomes of the work is nobody's business. */
export async function unlessAborted<T>(work: Promise<T>, signal?: AbortSignal): Promise<T | undefined> {
  if (!signal) return work;
  work.catch(() => {});
  if (signal.aborted) return undefined;
  let stop = () => {};
  const aborted = new Promise<undefined>((resolve) => {
    stop = () => resolve(undefined);
  });
  signal.addEventListener('abort', stop);
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

/** Yields what `source` does until `signal` says so: also while the next value is being waited for, which is given up then. */
export async function* untilAborted<T>(source: AsyncGenerator<T>, signal?: AbortSignal): AsyncGenerator<T> {
  while (!signal?.aborted) {
    const next = await unlessAborted(source.next(), signal);
    if (!next || next.done) return;
    yield next.value;
  }
}
