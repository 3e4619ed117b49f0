/** How long work continues before it yields to the event loop. */
const spellMs = 50;

/**
 * Lets timers, signals and writes run at most 20 times per second. Work that only awaits promises that are already resolved would block
 * them until it ends.
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

/** Waits for `work` or for `signal`: returns undefined as soon as the signal is aborted, and ignores the result of the work. */
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

/** Yields the values of `source` until `signal` is aborted, even while waiting for the next value, which is then abandoned. */
export async function* untilAborted<T>(source: AsyncGenerator<T>, signal?: AbortSignal): AsyncGenerator<T> {
  while (!signal?.aborted) {
    const next = await unlessAborted(source.next(), signal);
    if (!next || next.done) return;
    yield next.value;
  }
}
