/** The program of docs/server.md answers requests. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { aeOk, makePictures, remove } from '../ae';
import { findSnippets } from './extract';

let folder: string;

beforeAll(() => {
  // Within this package, so that it finds what it imports.
  const parent = fileURLToPath(new URL('../../node_modules', import.meta.url));
  mkdirSync(parent, { recursive: true });
  folder = mkdtempSync(path.join(parent, '.server-'));
});
afterAll(() => remove(folder));

it('docs/server.md answers an image with its code, and anything else with 400', { timeout: 180_000 }, async () => {
  await makePictures(path.join(folder, 'photos'), 4);
  const train = ['train', 'photos', '--resize', '16', '--code-size', '8', '--epochs', '1', '--out', 'run'];
  await aeOk(folder, ...train, '--no-report', '--no-pca');
  const [shown] = findSnippets().get('docs/server.md') ?? [];
  const told = "listen(0, '127.0.0.1', function () {\n  console.log(this.address().port);\n})";
  const program = shown.replace("load('model')", "load('run/model')").replace('listen(8080)', told);
  expect(program).toContain(told);
  writeFileSync(path.join(folder, 'server.mjs'), program);
  const server = spawn(process.execPath, ['server.mjs'], { cwd: folder, stdio: ['ignore', 'pipe', 'inherit'] });
  try {
    const [port] = await once(server.stdout, 'data');
    const post = (body: RequestInit['body']) => fetch(`http://127.0.0.1:${Number(port)}`, { method: 'POST', body });
    const answer = await post(readFileSync(path.join(folder, 'photos', 'disc-001.png')));
    expect(answer.headers.get('content-type')).toBe('application/json');
    expect(await answer.json()).toHaveLength(8);
    const refused = await post('no image');
    expect(refused.status).toBe(400);
    expect(await refused.text()).toContain('expected');
  } finally {
    server.kill();
  }
});
