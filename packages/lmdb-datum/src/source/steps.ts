/**
 * Steps: operations that readers of files do synchronously (walking down a tree, detecting a schema), for sources whose pages are loaded
 * later. A step requests pages and values; if one is missing, the step ends, and is repeated once it has been loaded.
 */

/** Says what must be loaded before a step can be done. */
export class Missing extends Error {
  readonly load: () => Promise<unknown>;

  constructor(load: () => Promise<unknown>) {
    super('not loaded yet');
    this.load = load;
  }
}

/** Takes a step, repeating it each time something was missing and has been loaded. */
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

/** Takes a step if everything that it needs is loaded; otherwise returns undefined. */
export function takeStepNow<T>(step: () => T): T | undefined {
  try {
    return step();
  } catch (error) {
    if (error instanceof Missing) return undefined;
    throw error;
  }
}
