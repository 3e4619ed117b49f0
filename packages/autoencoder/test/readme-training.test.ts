import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));

/** What the snippets take for granted. */
const data = `
const pixels = (i) => Uint8Array.from({ length: 12288 }, (_, at) => (at * (i + 3)) % 251);
const samples = Array.from({ length: 4 }, (_, i) => ({ channels: 3, height: 64, width: 64, data: pixels(i) }));
const validation = samples.slice(1);
`;

it('the snippets of the README on training run', { timeout: 120_000 }, async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'ae-test-'));
  const readme = await readFile(path.join(root, 'README.md'), 'utf8');
  const training = readme.slice(readme.indexOf('## Training'), readme.indexOf('## Evaluation'));
  const snippets = [...training.matchAll(/```js\n([\s\S]*?)```/g)].map(([, code]) => code);
  expect(snippets).toHaveLength(2);
  // Where the package and its dependencies are found, and where nothing is in the way if this is killed; it works in the folder.
  const modules = path.join(root, 'node_modules');
  await mkdir(modules, { recursive: true });
  const file = path.join(modules, `readme-${path.basename(folder)}.mjs`);
  try {
    const program = [data, ...snippets].join('\n').replace('epochs: 15', 'epochs: 2');
    await writeFile(file, `process.chdir(${JSON.stringify(folder)});\n${program}\nprocess.exit(0);`);
    const { stdout } = await promisify(execFile)(process.execPath, [file]);
    expect(Number(stdout)).toBeGreaterThan(5);
    const names = await readdir(path.join(folder, 'runs/first'));
    expect(names.sort()).toEqual([
      ...['checkpoints', 'config.json', 'metrics.csv', 'metrics.jsonl', 'model', 'samples', 'tensorboard'],
    ]);
  } finally {
    await rm(file, { force: true });
    await rm(folder, { recursive: true });
  }
});
