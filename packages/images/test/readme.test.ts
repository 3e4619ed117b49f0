import fs from 'node:fs';
import path from 'node:path';
import { scratchFolder } from '@ae/testing/scratch';
import { expect, it } from 'vitest';
import * as api from '../src/index';
import { fixture } from './fixture';

const readme = fs.readFileSync(new URL('../README.md', import.meta.url), 'utf8');
const snippets = [...readme.matchAll(/```js\nimport \{ ([^}]+) \} from '@ae\/images';\n([^`]+)```/g)];

/** Runs a snippet with `given` and all that the package exports; returns what `result` says. */
function run(index: number, given: Record<string, unknown>, result: string): Promise<unknown> {
  const [, names, body] = snippets[index];
  for (const name of names.split(', ')) expect(api).toHaveProperty(name);
  const Snippet = Object.getPrototypeOf(async () => undefined).constructor;
  const all = { ...api, ...given };
  return new Snippet(...Object.keys(all), `${body}; return { ${result} };`)(...Object.values(all));
}

it('the snippet on programs runs as it stands', async () => {
  const written: unknown[] = [];
  const lines: unknown[][] = [];
  const photos = scratchFolder();
  fs.mkdirSync(path.join(photos, 'cats'));
  fs.copyFileSync(fixture('images/color.jpg'), path.join(photos, 'cats/1.jpg'));
  const given = {
    photo: fixture('images/color.jpg'),
    photos,
    writeFile: (name: string) => written.push(name),
    console: { log: (...args: unknown[]) => lines.push(args) },
  };
  const { small, again } = (await run(0, given, 'small, again')) as Record<string, api.RawImage>;
  expect([lines, written]).toEqual([
    [
      [32, 24, 3],
      [1, ['cats/1.jpg'], [0]],
    ],
    ['small.png'],
  ]);
  expect(again.rgb().data).toEqual(small.data);
});

it('the snippet on records runs as it stands', async () => {
  const file = fs.readFileSync(fixture('images/color.jpg'));
  const { kind, pixels, planar, png } = (await run(1, { file }, 'kind: kindOfImage(file), pixels, planar, png')) as {
    kind: string;
    pixels: api.Pixels;
    planar: Uint8Array;
    png: Buffer;
  };
  expect([kind, pixels.channels, pixels.height, pixels.width, planar.length]).toEqual(['jpeg', 3, 24, 32, 3 * 64 * 64]);
  const shown = await api.decodeImage(png, { mode: 'color' });
  // Twice as large, with a margin of 4.
  expect([api.kindOfImage(png), shown.height, shown.width]).toEqual(['png', 136, 136]);
});
