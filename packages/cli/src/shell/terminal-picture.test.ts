import path from 'node:path';
import { sharedFolder } from '@ae/testing/scratch';
import sharp from 'sharp';
import { decode } from 'sixel';
import { beforeAll, describe, expect, it } from 'vitest';
import { encodePicture, knownProtocol } from './terminal-picture';

const file = path.join(sharedFolder(), 'halves.png');

/** Red above, blue below, 200 x 90. */
beforeAll(async () => {
  const half = (background: string) =>
    sharp({ create: { width: 200, height: 45, channels: 3, background } })
      .png()
      .toBuffer();
  await sharp({ create: { width: 200, height: 90, channels: 3, background: 'black' } })
    .composite([
      { input: await half('#ff0000'), top: 0, left: 0 },
      { input: await half('#0000ff'), top: 45, left: 0 },
    ])
    .toFile(file);
});

async function cornersOf(png: Buffer) {
  const { data, info } = await sharp(png).removeAlpha().raw().toBuffer({ resolveWithObject: true });
  return { size: [info.width, info.height], first: [...data.subarray(0, 3)], last: [...data.subarray(-3)] };
}

/** Checks kitty's protocol, and returns the PNG that its chunks contain. */
function checkKitty(text: string): Buffer {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: kitty's protocol.
  const parts = [...text.matchAll(/\x1b_G([^;]*);([^\x1b]*)\x1b\\/g)];
  expect(parts.map(([whole]) => whole).join('')).toBe(text.trimEnd());
  expect(parts[0][1]).toMatch(/^a=T,f=100,/);
  expect(parts.map(([, keys]) => /m=(\d)/.exec(keys)?.[1]).join('')).toBe(`${'1'.repeat(parts.length - 1)}0`);
  for (const [, , data] of parts) expect(data.length).toBeLessThanOrEqual(4096);
  return Buffer.from(parts.map(([, , data]) => data).join(''), 'base64');
}

describe('a picture in the terminal', () => {
  it('is a PNG in chunks of 4,096 characters for kitty, all but the last announcing more', async () => {
    const noise = path.join(path.dirname(file), 'noise.png');
    const raw = { width: 90, height: 80, channels: 3 } as const;
    await sharp(
      Uint8Array.from({ length: 90 * 80 * 3 }, (_, i) => Math.floor(256 * Math.abs(Math.sin(i * i)))),
      { raw },
    ).toFile(noise);
    const long = await encodePicture(noise, 'kitty', 80);
    expect(long.length).toBeGreaterThan(2 * 4096);
    checkKitty(long);
    const png = checkKitty(await encodePicture(file, 'kitty', 80));
    expect(await cornersOf(png)).toEqual({ size: [200, 90], first: [255, 0, 0], last: [0, 0, 255] });
  });

  it('is a file in iTerm2, no wider than the window', async () => {
    const text = await encodePicture(file, 'iterm2', 10);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: iTerm2's protocol.
    const [, size, data] = /^\x1b\]1337;File=inline=1;size=(\d+);[^:]*:([^\x07]*)\x07\n$/.exec(text) ?? [];
    const png = Buffer.from(data, 'base64');
    expect(png.length).toBe(Number(size));
    const { size: shown, first, last } = await cornersOf(png);
    expect(shown[0]).toBeLessThanOrEqual(100);
    expect([first, last]).toEqual([
      [255, 0, 0],
      [0, 0, 255],
    ]);
  });

  it('consists of sixels elsewhere', async () => {
    const text = await encodePicture(file, 'sixel', 80);
    // Its raster attributes: square pixels, width and height.
    expect(text).toContain('"1;1;200;90');
    const { width, height, data32 } = decode(text.slice(text.indexOf('q') + 1));
    expect([width, height]).toEqual([200, 90]);
    const rgb = (pixel: number) => [pixel & 255, (pixel >> 8) & 255, (pixel >> 16) & 255];
    expect([rgb(data32[0]), rgb(data32[89 * width])]).toEqual([
      [255, 0, 0],
      [0, 0, 255],
    ]);
  });
});

it.each([
  [{ TERM: 'xterm-kitty' }, 'kitty'],
  [{ TERM: 'xterm-256color', KITTY_WINDOW_ID: '1' }, 'kitty'],
  [{ TERM: 'xterm-256color', TERM_PROGRAM: 'ghostty' }, 'kitty'],
  [{ TERM: 'xterm-256color', TERM_PROGRAM: 'iTerm.app' }, 'iterm2'],
  [{ TERM: 'xterm-256color', LC_TERMINAL: 'iTerm2' }, 'iterm2'],
  [{ TERM: 'xterm-256color', TERM_PROGRAM: 'WezTerm' }, 'iterm2'],
  [{ TERM: 'tmux-256color', TMUX: '/tmp/tmux', KITTY_WINDOW_ID: '1' }, undefined],
  [{ TERM: 'xterm-256color' }, undefined],
])('%o shows pictures by %s', (environment, protocol) => {
  expect(knownProtocol(environment)).toBe(protocol);
});
