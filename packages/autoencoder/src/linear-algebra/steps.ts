/** Runs all steps, with a pause after each. */
export async function finish<T>(steps: Generator<void, T, void>, pause: () => Promise<void>): Promise<T> {
  for (;;) {
    const step = steps.next();
    await pause();
    if (step.done) return step.value;
  }
}
