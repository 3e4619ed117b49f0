/** Processes that repeatedly import to the same output at the same time: whenever one of them looks, the folder may be half done. */
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import { fixture } from './golden';
import { scratchFolder } from './scratch';

/** Imports, then removes what it imported; prints a line per round: the number of records, or the error's code. */
async function importOften(input: string, output: string): Promise<string[]> {
  const script = `
    import fs from 'node:fs';
    import { setTimeout as pause } from 'node:timers/promises';
    const { convertImageset } = await import(${JSON.stringify(new URL('../dist/convert.js', import.meta.url).href)});
    for (let round = 0; round < 150; round++) {
      try {
        console.log((await convertImageset(${JSON.stringify({ input, output, workers: 0 })})).records);
        fs.rmSync(${JSON.stringify(output)}, { recursive: true, force: true });
      } catch (error) {
        console.log(error.code === 'OUTPUT_EXISTS' ? error.code : String(error));
        await pause(Math.random() * 4);
      }
    }`;
  const { stdout } = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  return (await text(stdout)).trim().split('\n');
}

test('simultaneous imports to one output are complete, or say that it is in use', async () => {
  const input = scratchFolder();
  for (const name of ['a.png', 'b.png']) fs.copyFileSync(`${fixture('images')}/color.png`, path.join(input, name));
  const output = path.join(scratchFolder(), 'db');
  const said = (await Promise.all([1, 2, 3].map(() => importOften(input, output)))).flat();
  expect(said).toHaveLength(450);
  expect([...new Set(said)].sort()).toEqual(['2', 'OUTPUT_EXISTS']);
}, 30_000);
