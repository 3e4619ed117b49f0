/** Takes the programs out of pages of Markdown, and makes of each what the ways of running it need. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** The repository. */
export const root = fileURLToPath(new URL('../../../../', import.meta.url));
const folders = ['.', 'docs', 'packages/*', 'packages/*/docs', 'examples/*'];

/** Returns the paths of all pages in the repository. */
export function pagesOf(): string[] {
  return folders.flatMap(foldersOf).flatMap((folder) =>
    readdirSync(path.join(root, folder))
      .filter((name) => name.endsWith('.md'))
      .map((name) => path.posix.join(folder, name)),
  );
}

/** Returns the `ae` commands of a page's blocks, without comments. */
export function commandsIn(text: string): string[] {
  const lines = blocksIn(text, /^$/).flatMap((block) => block.split('\n'));
  const commands = lines.map((line) => line.replace(/\s#.*/, '').trim());
  return commands.filter((line) => /^ae [a-z]/.test(line));
}

/** Returns the code of the blocks of JavaScript and TypeScript of every page that has any, by the page's path in the repository. */
export function findSnippets(): Map<string, string[]> {
  const found = pagesOf().map((file) => [file, codeIn(readFileSync(path.join(root, file), 'utf8'))] as const);
  return new Map(found.filter(([, snippets]) => snippets.length > 0));
}

function foldersOf(pattern: string): string[] {
  const [above, below = ''] = pattern.split('*');
  if (above === pattern) return [pattern];
  return readdirSync(path.join(root, above), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => path.posix.join(above, name, below))
    .filter((folder) => readdirSync(path.join(root, path.dirname(folder))).includes(path.basename(folder)));
}

const codeIn = (text: string) => blocksIn(text, /^(js|ts|javascript|typescript|mjs)$/);

/** Returns a page's blocks that are marked so. */
function blocksIn(text: string, mark: RegExp): string[] {
  const blocks = [...text.matchAll(/^```(.*)\n([\s\S]*?)^```$/gm)];
  return blocks.filter(([, info]) => mark.test(info)).map(([, , block]) => block);
}

/** Writes a module as a CommonJS module of TypeScript: its imports, then a function, as `await` needs one there. */
export function asCommonJsTypes(code: string): string {
  const { imports, body } = parts(code);
  return `${imports.join('\n')}\nexport = (async () => {\n${body}})();\n`;
}

/** Writes a module as people write CommonJS, with `require`. Its exports are the promise that it has run. */
export function asCommonJs(code: string): string {
  const { imports, body } = parts(code);
  return `${imports.map(asRequire).join('\n')}\nmodule.exports = (async () => {\n${body}})();\n`;
}

const declaration = /^import (?:([^'"]+?) from )?'([^']+)';$/gm;

function parts(code: string): { imports: string[]; body: string } {
  return { imports: [...code.matchAll(declaration)].map(([text]) => text), body: code.replaceAll(declaration, '') };
}

function asRequire(line: string): string {
  const [, names, name] = new RegExp(declaration.source).exec(line) as RegExpExecArray;
  const required = `require('${name}');`;
  if (names === undefined) return required;
  return `const ${names.replace(/^\* as /, '').replaceAll(' as ', ': ')} = ${required}`;
}
