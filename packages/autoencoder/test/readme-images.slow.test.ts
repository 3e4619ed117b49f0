/** The programs of the README on images, as they stand there: as ES modules, as CommonJS, and type-checked strictly. */
import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { encodePng } from '@ae/images/png';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const run = promisify(execFile);
const root = fileURLToPath(new URL('..', import.meta.url));
const readme = readFileSync(path.join(root, 'README.md'), 'utf8');
const section = readme.slice(readme.indexOf('## Images'), readme.indexOf('## Training'));
const programs = [...section.matchAll(/```js\n\/\/ ([^\n]*)\n([\s\S]*?)```/g)].map(([, title, code]) => ({
  title,
  code,
}));

/** Writes ES modules' imports as calls of require, around which CommonJS needs a function. */
function asCommonJs(code: string): string {
  const required = code.replace(/^import (\{[^}]*\}) from ('[^']*');$/gm, 'const $1 = require($2);');
  return `(async () => {\n${required}})();\n`;
}

/** What each program prints at last. */
const outputs = [/^$/, /^Float32Array\(256\) \[/, /^$/, /key: '\d\.png'/, /^\d of 4\n$/];

describe('the programs of the README on images', () => {
  // Where the packages are found that they import, and where nothing is in the way if this is killed.
  const parent = path.join(root, 'node_modules');
  let folder: string;

  beforeAll(() => {
    mkdirSync(parent, { recursive: true });
    folder = mkdtempSync(path.join(parent, 'readme-images-'));
    for (const set of ['train', 'val']) {
      mkdirSync(path.join(folder, 'photos', set), { recursive: true });
      for (let i = 0; i < 4; i++) writeFileSync(path.join(folder, 'photos', set, `${i}.png`), picture(i));
    }
    writeFileSync(path.join(folder, 'photo.jpg'), picture(1));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  /** A PNG, whatever the name: files are told by what is in them. */
  function picture(i: number): Buffer {
    const data = Uint8Array.from({ length: 3 * 70 * 80 }, (_, at) => 128 + 100 * Math.sin((at * (i + 3)) / 997));
    return encodePng({ width: 70, height: 80, data });
  }

  it('have at most eight lines each', () => {
    expect(programs).toHaveLength(5);
    for (const { code } of programs)
      expect(code.split('\n').filter((line) => line !== '').length).toBeLessThanOrEqual(8);
  });

  it.each(['mjs', 'cjs'])('run as .%s', { timeout: 120_000 }, async (kind) => {
    rmSync(path.join(folder, 'model'), { recursive: true, force: true });
    for (const [i, { title, code }] of programs.entries()) {
      // Fewer epochs show as well that it is right.
      const short = code.replace('epochs: 15', 'epochs: 1');
      writeFileSync(path.join(folder, `program.${kind}`), kind === 'cjs' ? asCommonJs(short) : short);
      const { stdout, stderr } = await run(process.execPath, [`program.${kind}`], { cwd: folder });
      expect({ title, stderr }).toEqual({ title, stderr: '' });
      expect(stdout).toMatch(outputs[i]);
    }
    expect(statSync(path.join(folder, 'reconstruction.png')).size).toBeGreaterThan(100);
  });

  it('have the types that they need', { timeout: 120_000 }, async () => {
    for (const [i, { code }] of programs.entries()) writeFileSync(path.join(folder, `program-${i}.mts`), code);
    const options = {
      strict: true,
      noEmit: true,
      module: 'nodenext',
      target: 'es2022',
      types: ['node'],
      skipLibCheck: true,
    };
    writeFileSync(path.join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions: options, include: ['*.mts'] }));
    const tsc = createRequire(import.meta.url).resolve('typescript/bin/tsc');
    const { stdout } = await run(process.execPath, [tsc, '-p', '.'], { cwd: folder }).catch((error) => error);
    expect(stdout).toBe('');
  });
});
