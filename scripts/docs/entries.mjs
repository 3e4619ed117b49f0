/** Where the sources of the packages' exports are. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** Returns the sources of a package's entries, by the names under which they are imported. */
export function entriesOf(name) {
  const folder = join(root, 'packages', name);
  const { exports } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const entries = Object.keys(exports).filter((entry) => entry !== './package.json');
  return new Map(entries.map((entry) => [`@ae/${name}${entry.slice(1)}`, sourceOf(folder, entry)]));
}

function sourceOf(folder, entry) {
  const name = entry === '.' ? 'index' : entry.slice(2);
  const places = [`entries/${name}.ts`, `${name}.ts`, `${name}/index.ts`].map((place) => join(folder, 'src', place));
  const found = places.find((place) => existsSync(place));
  if (!found) throw new Error(`${folder}: no source of ${entry}`);
  return found;
}
