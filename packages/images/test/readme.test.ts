import fs from 'node:fs';
import { expect, it } from 'vitest';
import * as api from '../src/index';
import { fixture } from './fixture';

it('the snippet of the README runs as it stands', async () => {
  const readme = fs.readFileSync(new URL('../README.md', import.meta.url), 'utf8');
  const [, names, body] = /```js\nimport \{ ([^}]+) \} from '@ae\/images';\n([^`]+)```/.exec(readme)!;
  for (const name of names!.split(', ')) expect(api).toHaveProperty(name);
  const Snippet = Object.getPrototypeOf(async () => undefined).constructor;
  const run = new Snippet(
    'file',
    ...Object.keys(api),
    `${body}; return { kind: kindOfImage(file), pixels, planar, png };`,
  );
  const file = fs.readFileSync(fixture('images/color.jpg'));
  const { kind, pixels, planar, png } = await run(file, ...Object.values(api));
  expect([kind, pixels.channels, pixels.height, pixels.width, planar.length]).toEqual(['jpeg', 3, 24, 32, 3 * 64 * 64]);
  const shown = await api.decodeImage(png, { mode: 'color' });
  // Twice as large, with a margin of 4.
  expect([api.kindOfImage(png), shown.height, shown.width]).toEqual(['png', 136, 136]);
});
