/** Runs every program of every page as it is printed there: as an ES module, as CommonJS, and type-checked strictly in both forms. */
import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makePictures, remove } from '../ae';
import { asCommonJs, asCommonJsTypes, findSnippets } from './extract';
import { elsewhere, type Given, table } from './table';

interface Program extends Given {
  /** "packages-images-README-2" */
  readonly name: string;
  readonly code: string;
}

/** What TensorFlow.js prints if its slow engine runs in Node.js. */
const tfjsAdvice = /\n=+\nHi, looks like you are running TensorFlow.js in Node.js.*\n=+\n/;

const snippets = findSnippets();
const programs = Object.entries(table).flatMap(([page, given]) =>
  given.map((one, i): Program => {
    const name = `${page.replace(/\.md$/, '').replaceAll('/', '-')}-${i + 1}`;
    const code = (one.instead ?? []).reduce(replaceShown, snippets.get(page)?.[i] ?? '');
    return { ...one, name, code: `${one.before ?? ''}\n${code}` };
  }),
);

function replaceShown(code: string, [shown, run]: readonly [string, string]): string {
  if (!code.includes(shown)) throw new Error(`The table expects ${JSON.stringify(shown)} in:\n${code}`);
  return code.replace(shown, () => run);
}

describe('the programs of all pages', { timeout: 240_000 }, () => {
  // Within this package, so that they find what they import.
  const parent = fileURLToPath(new URL('../../node_modules', import.meta.url));
  let folder: string;

  beforeAll(async () => {
    mkdirSync(parent, { recursive: true });
    folder = mkdtempSync(path.join(parent, '.snippets-'));
  });
  afterAll(() => remove(folder));

  it('are in the table, one by one', () => {
    const counts = (all: Iterable<readonly [string, readonly unknown[]]>) =>
      Object.fromEntries([...all].map(([page, { length }]) => [page, length]));
    expect(counts(Object.entries(table))).toEqual(counts(snippets));
  });

  it('are short on the first pages', () => {
    const [first] = snippets.get('README.md') as string[];
    const five = snippets.get('packages/autoencoder/README.md')?.slice(0, 5) as string[];
    for (const code of [...first.split('\n\n'), ...five])
      expect(code.split('\n').filter((line) => line !== '' && !line.startsWith('//')).length).toBeLessThanOrEqual(8);
  });

  it('type-check in both kinds of modules', () => {
    const types = path.join(folder, 'types');
    mkdirSync(types);
    for (const { name, code } of programs) {
      writeFileSync(path.join(types, `${name}.mts`), `${code}\nexport {};\n`);
      writeFileSync(path.join(types, `${name}.cts`), asCommonJsTypes(code));
    }
    writeFileSync(path.join(types, 'elsewhere.d.ts'), elsewhere.map((name) => `declare module '${name}';\n`).join(''));
    const compilerOptions = {
      ...{ strict: true, noEmit: true, skipLibCheck: true },
      ...{ module: 'nodenext', target: 'es2022', lib: ['es2023', 'dom'], types: ['node'] },
    };
    writeFileSync(path.join(types, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['*'] }));
    const tsc = createRequire(import.meta.url).resolve('typescript/bin/tsc');
    const { stdout } = spawnSync(process.execPath, [tsc, '-p', '.'], { cwd: types, encoding: 'utf8' });
    expect(stdout).toBe('');
  });

  it.each([
    ['ES modules', 'mjs', (code: string) => code, "await import('./' + name + '.mjs');"],
    ['CommonJS', 'cjs', asCommonJs, "await require('./' + name + '.cjs');"],
  ])('run as %s', async (_, kind, write, load) => {
    const place = path.join(folder, kind);
    for (const set of ['train', 'val']) await makePictures(path.join(place, 'photos', set), 4, 80);
    copyFileSync(path.join(place, 'photos/val/disc-001.png'), path.join(place, 'photo.jpg')); // files are told by what is in them
    const running = programs.filter(({ onlyTypes }) => !onlyTypes);
    for (const { name, code } of running) writeFileSync(path.join(place, `${name}.${kind}`), write(code));
    const names = running.map(({ name }) => name);
    const main = `for (const name of ${JSON.stringify(names)}) {\n  console.log('=== ' + name);\n  ${load}\n}\n`;
    writeFileSync(path.join(place, `main.${kind}`), kind === 'cjs' ? `(async () => {\n${main}})();\n` : main);
    const { status, stdout, stderr } = spawnSync(process.execPath, [`main.${kind}`], { cwd: place, encoding: 'utf8' });
    expect({ status, stderr: stderr.replace(tfjsAdvice, '') }).toEqual({ status: 0, stderr: '' });
    const outputs = stdout.split(/^=== /m).slice(1);
    expect(outputs).toHaveLength(running.length);
    for (const [i, { name, prints = /^$/ }] of running.entries()) {
      const printed = outputs[i].slice(name.length).trim();
      expect({ name, printed }).toEqual({ name, printed: expect.stringMatching(prints) });
    }
    expect(statSync(path.join(place, 'reconstruction.png')).size).toBeGreaterThan(100);
    for (const file of ['scores.csv', 'codes.parquet', 'report.html', 'runs.html', 'small.png', 'my_lmdb/data.mdb'])
      expect(existsSync(path.join(place, file))).toBe(true);
  });
});
