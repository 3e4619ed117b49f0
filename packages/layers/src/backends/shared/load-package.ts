/** How Node.js' `require` finds files. There is no public way to lead it elsewhere before Node.js 22. */
interface Resolver {
  _resolveFilename(this: void, request: string, ...rest: unknown[]): string;
}

/**
 * Requires a package that lies outside of this project's node_modules, in Node.js, so that it shares this project's copies of tfjs: each
 * copy of tfjs-core has kernels and tensors of its own.
 *
 * @param folder whose node_modules hold the package
 * @returns what the package exports
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

/** Finds the file of a package; undefined for one that is not among the dependencies. */
function resolveFrom(require: NodeJS.Require, request: string): string | undefined {
  try {
    return require.resolve(request);
  } catch {
    return undefined;
  }
}
