import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));

/** What the snippets take for granted. */
const before = `
import { writeFile } from 'node:fs/promises';
import { nearestNeighbors, projectCodes, writeCodesNpy, writeCodesParquet } from '@ae/autoencoder/codes';
import { useBackend } from '@ae/autoencoder';
import { collectReport, renderComparison, renderReport } from '@ae/autoencoder/report';
await useBackend('wasm');
const pixels = (i) => Uint8Array.from({ length: 768 }, (_, at) => (at * (i + 3)) % 251);
const samples = Array.from({ length: 6 }, (_, i) => ({ channels: 3, height: 16, width: 16, data: pixels(i), label: i % 2 }));
const trainingSamples = samples;
const [first, second] = samples;
const small = new (await import('@ae/autoencoder')).Autoencoder({ inputShape: [16, 16, 3], codeSize: 8 });
await small.initialize();
await small.train(samples, { epochs: 1, run: { folder: 'runs/train-1' } });
await small.save('model');
`;

it('the snippets of the README on evaluation, codes and reports run', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'ae-test-'));
  const readme = await readFile(path.join(root, 'README.md'), 'utf8');
  const evaluation = readme.slice(readme.indexOf('## Evaluation'));
  const snippets = [...evaluation.matchAll(/```js\n([\s\S]*?)```/g)].map(([, code]) => code);
  expect(snippets).toHaveLength(3);
  const program = [before, ...snippets].join('\n').replace('dataOfAnotherRun', 'data');
  // Where the package and its dependencies are found, and where nothing is in the way if this is killed; it works in the folder.
  const modules = path.join(root, 'node_modules');
  await mkdir(modules, { recursive: true });
  const file = path.join(modules, `readme-${path.basename(folder)}.mjs`);
  try {
    await writeFile(file, `process.chdir(${JSON.stringify(folder)});\n${program}\nprocess.exit(0);`);
    const { stdout } = await promisify(execFile)(process.execPath, [file], { cwd: folder });
    expect(stdout).toMatch(/^[\d.]+ [\d.]+ \S+ 32 /);
    expect(await readFile(path.join(folder, 'scores.csv'), 'utf8')).toMatch(/^index,key,label,psnr_db,.*\n0,,0,/);
    expect(await readFile(path.join(folder, 'report.html'), 'utf8')).toContain('train-1');
    expect(await readFile(path.join(folder, 'runs.html'), 'utf8')).toContain('Runs compared');
  } finally {
    await rm(file, { force: true });
    await rm(folder, { recursive: true });
  }
}, 60_000);
