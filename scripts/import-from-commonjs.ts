import { readdir, readFile, writeFile } from 'node:fs/promises';

/**
 * Turns what tsup makes of `import()` in CommonJS back, for packages that are ES modules alone: not every Node.js 20 can `require` one, and
 * no Node.js from the packed files of Yarn's Plug'n'Play.
 *
 * @param dist the folder of the build, as a URL that ends in a slash
 */
export async function importFromCommonJs(dist: URL, names: readonly string[]): Promise<void> {
  const missing = new Set(names);
  for (const file of await readdir(dist)) {
    if (!file.endsWith('.cjs')) continue;
    const code = await readFile(new URL(file, dist), 'utf8');
    let mended = code;
    for (const name of names) {
      mended = mended.replaceAll(
        `Promise.resolve().then(() => _interopRequireWildcard(require("${name}")))`,
        `import("${name}")`,
      );
      if (mended.includes(`import("${name}")`)) missing.delete(name);
    }
    if (mended !== code) await writeFile(new URL(file, dist), mended);
  }
  if (missing.size > 0) throw new Error(`${dist} does not load ${[...missing]} as expected`);
}
