/**
 * Steps: what the readers of files do at once (walk down a tree, tell a schema), done where pages come later. A step asks for pages and values;
 * where one is not there it ends, and is done again when that one is.
 */

/** Says what has to be loaded before a step can be done. */
export class Missing extends Error {
  readonly load: () => Promise<unknown>;

  constructor(load: () => Promise<unknown>) {
    super('not loaded yet');
    this.load = load;
  }
}

/** Takes a step, again each time that it lacked something, which then is there. */
export async function takeStep<T>(step: () => T): Promise<T> {
  for (;;) {
    try {
      return step();
    } catch (error) {
      if (!(error instanceof Missing)) throw error;
      await error.load();
    }
  }
}

/** Takes a step if all that it asks for is there; returns undefined if not. */
export function takeStepNow<T>(step: () => T): T | undefined {
  try {
    return step();
  } catch (error) {
    if (error instanceof Missing) return undefined;
    throw error;
  }
}
