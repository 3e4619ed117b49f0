/** How `require` in Node.js finds files. Before Node.js 22, there is no public way to redirect it. */
interface Resolver {
  _resolveFilename(this: void, request: string, ...rest: unknown[]): string;
}

/**
 * Requires a package outside this project's node_modules, in Node.js, so that it shares this project's copies of TensorFlow.js: each copy
 * of tfjs-core has its own kernels and tensors.
 *
 * @param folder whose node_modules contains the package
 * @returns the exports of the package
 */
export async function loadPackage(folder: string, name: string): Promise<unknown> {
  const { default: Module, createRequire } = await import(/* webpackIgnore: true */ /* @vite-ignore */ 'node:module');
  const own = createRequire(import.meta.url);
  const resolver = Module as unknown as Resolver;
  const stock = resolver._resolveFilename;
  const shared = (request: string, ...rest: unknown[]) => {
    resolver._resolveFilename = stock;
    try {
      const isShared = request.startsWith('@tensorflow/tfjs-') && request !== name;
      return (isShared && resolveFrom(own, request)) || stock(request, ...rest);
    } finally {
      resolver._resolveFilename = shared;
    }
  };
  const require = createRequire(`${folder}/package.json`);
  resolver._resolveFilename = shared;
  try {
    return require(name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_REQUIRE_ESM') throw error;
    const { pathToFileURL } = await import(/* webpackIgnore: true */ /* @vite-ignore */ 'node:url');
    return await import(/* webpackIgnore: true */ /* @vite-ignore */ pathToFileURL(require.resolve(name)).href);
  } finally {
    resolver._resolveFilename = stock;
  }
}

/** Finds the file of a package; undefined if it is not among the dependencies. */
function resolveFrom(require: NodeJS.Require, request: string): string | undefined {
  try {
    return require.resolve(request);
  } catch {
    return undefined;
  }
}
