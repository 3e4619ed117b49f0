import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));
const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
const snippets = [...readme.matchAll(/```js\n([\s\S]*?)```/g)].map(([, code]) => code);

/** What each snippet prints at last. */
const outputs = [/\[ 8, 20 \] \[ 8, 7, 7, 4 \] \[ 8, 16, 16, 3 \]/, /0, 0, 0, 0, 9,\s+0, 0, 0, 0/];

it.each(outputs.map((output, index) => [index + 1, output] as const))(
  'snippet %i of the README runs',
  async (index, output) => {
    const args = ['--input-type=module', '--eval', snippets[index - 1]];
    const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: root });
    expect(stdout).toMatch(output);
  },
);
