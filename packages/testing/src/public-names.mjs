/** The names that a package exports, from the sources of its entries, and those that its documentation lacks. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

/** @typedef {{ values: string[], types: string[] }} Names */

/**
 * Tests that a package exports these names and no others, a name that goes or comes being a decision, and that its documentation names its values.
 *
 * @param {URL} folder of the package, ending in a slash
 * @param {Readonly<Record<string, string>>} expected by entry, values before types
 */
export function testPublicNames(folder, expected) {
  const names = publicNames(folder);

  it('has these entries', () => expect(Object.keys(names)).toEqual(Object.keys(expected)));

  it.each(Object.keys(expected))('exports these names and no others from %s', (entry) => {
    const { values, types } = names[entry];
    expect([...values, ...types].join(' ')).toBe(expected[entry]);
  });

  it('names each value in its README or docs', () => expect(undocumented(folder, names)).toEqual([]));
}

/**
 * Returns what each entry of a package.json exports, sorted.
 *
 * @param {URL} folder of the package, ending in a slash
 * @returns {Record<string, Names>} by the entries' names, `index` for the main one
 */
function publicNames(folder) {
  const { exports } = JSON.parse(readFileSync(new URL('package.json', folder), 'utf8'));
  const entries = Object.keys(exports).filter((entry) => entry !== './package.json');
  return Object.fromEntries(entries.map((entry) => [entryName(entry), namesOf(sourceOf(entryName(entry), folder))]));
}

/** @param {string} entry */
const entryName = (entry) => (entry === '.' ? 'index' : entry.slice(2));

/**
 * @param {string} entry
 * @param {URL} folder
 */
function sourceOf(entry, folder) {
  const places = [`src/${entry}.ts`, `src/entries/${entry}.ts`, `src/${entry}/index.ts`].map(
    (at) => new URL(at, folder),
  );
  const found = places.find((place) => existsSync(place));
  if (!found) throw new Error(`${entry} of ${folder.pathname} has no source: none of ${places.join(', ')}.`);
  return found;
}

/**
 * @param {URL} file
 * @returns {Names}
 */
function namesOf(file) {
  const source = readFileSync(file, 'utf8');
  const [values, types] = [new Set(), new Set()];
  for (const [, onlyTypes, list] of source.matchAll(/^export (type )?\{([^}]*)\}/gm))
    for (const name of list
      .split(',')
      .map((part) => part.trim())
      .filter(Boolean))
      (onlyTypes || name.startsWith('type ') ? types : values).add(name.replace('type ', ''));
  for (const [, kind, name] of source.matchAll(/^export (?:async )?(function|const|class|type|interface) (\w+)/gm))
    (kind === 'type' || kind === 'interface' ? types : values).add(name);
  for (const [, from] of source.matchAll(/^export \* from '(.*)'/gm)) {
    const others = namesOf(new URL(`${from}.ts`, file));
    for (const name of others.values) values.add(name);
    for (const name of others.types) types.add(name);
  }
  return { values: [...values].sort(), types: [...types].sort() };
}

/**
 * Returns the values that the package's README and docs do not name.
 *
 * @param {URL} folder of the package, ending in a slash
 * @param {Record<string, Names>} names
 */
function undocumented(folder, names) {
  const files = [new URL('README.md', folder), ...pagesIn(new URL('docs/', folder))];
  const text = files.map((file) => readFileSync(file, 'utf8')).join('\n');
  return Object.entries(names).flatMap(([entry, { values }]) =>
    values.filter((name) => !new RegExp(`\\b${name}\\b`).test(text)).map((name) => `${entry}: ${name}`),
  );
}

/** @param {URL} folder */
function pagesIn(folder) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((name) => name.endsWith('.md'))
    .map((name) => new URL(name, folder));
}
