/** Shows pictures in the terminal, using the protocols that terminals have for them. */
import process from 'node:process';
import { setTimeout } from 'node:timers/promises';

export type PictureProtocol = 'kitty' | 'iterm2' | 'sixel';

type Environment = Readonly<Record<string, string | undefined>>;

/** Returns the protocol that a terminal is known to support by its name; undefined if it has to be asked. */
export function knownProtocol({
  TERM,
  TERM_PROGRAM,
  LC_TERMINAL,
  KITTY_WINDOW_ID,
  TMUX,
  STY,
}: Environment): PictureProtocol | undefined {
  // These pass on sixels at most, whatever terminal they run in.
  if (TMUX !== undefined || STY !== undefined) return undefined;
  if (['iTerm.app', 'WezTerm', 'mintty'].includes(TERM_PROGRAM ?? '') || LC_TERMINAL === 'iTerm2') return 'iterm2';
  const hasKitty =
    KITTY_WINDOW_ID !== undefined || TERM_PROGRAM === 'ghostty' || /^xterm-(kitty|ghostty)$/.test(TERM ?? '');
  return hasKitty ? 'kitty' : undefined;
}

/** Finds out how the terminal shows pictures; undefined if it cannot, or if there is no terminal. */
export async function findProtocol(): Promise<PictureProtocol | undefined> {
  const { stdin, stdout, env } = process;
  if (!stdout.isTTY || env.TERM === 'dumb') return undefined;
  return knownProtocol(env) ?? (stdin.isTTY && (await hasSixel()) ? 'sixel' : undefined);
}

/** How long to wait for a terminal's answer; remote ones take a while. */
const answerMs = 500;

/** Queries the terminal's attributes (DA1); attribute 4 stands for sixels. */
async function hasSixel(): Promise<boolean> {
  const { stdin, stdout } = process;
  const wasRaw = stdin.isRaw;
  let answer = '';
  const stop = new AbortController();
  const listen = (data: Buffer) => {
    answer += data.toString('latin1');
    if (attributes.test(answer)) stop.abort();
  };
  stdin.setRawMode(true);
  stdin.on('data', listen);
  try {
    stdout.write('\x1b[c');
    await setTimeout(answerMs, undefined, { signal: stop.signal }).catch(() => undefined);
  } finally {
    stdin.off('data', listen);
    stdin.setRawMode(wasRaw);
    stdin.pause();
  }
  return attributes.exec(answer)?.[1].split(';').includes('4') ?? false;
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: terminals answer with these.
const attributes = /\x1b\[\?([\d;]+)c/;

/** Approximate size of a terminal's character in pixels: pictures are made no wider than the window. */
const characterWidth = 9;

/** Returns the escape sequence that shows an image file; throws sharp's error if the file is not an image. */
export async function encodePicture(file: string, protocol: PictureProtocol, columns: number): Promise<string> {
  const { default: sharp } = await import('sharp');
  const image = sharp(file)
    .rotate()
    .resize({ width: columns * characterWidth, withoutEnlargement: true });
  if (protocol === 'sixel')
    return `${await sixels(await image.flatten({ background: 'white' }).png({ palette: true }).toBuffer())}\n`;
  const png = await image.png().toBuffer();
  return `${protocol === 'kitty' ? kitty(png) : iterm2(png)}\n`;
}

/** Kitty's protocol accepts at most this many characters at once. */
const kittyChunk = 4096;

/** "Transmit and display" for PNG data, in chunks; each chunk but the last says that more follow. */
function kitty(png: Buffer): string {
  const parts = png.toString('base64').match(new RegExp(`.{1,${kittyChunk}}`, 'g')) ?? [];
  return parts
    .map((part, i) => {
      const more = i < parts.length - 1 ? 1 : 0;
      return `\x1b_G${i === 0 ? 'a=T,f=100,q=2,' : ''}m=${more};${part}\x1b\\`;
    })
    .join('');
}

function iterm2(png: Buffer): string {
  return `\x1b]1337;File=inline=1;size=${png.length};preserveAspectRatio=1:${png.toString('base64')}\x07`;
}

/** Encodes a PNG with a palette, because sixels use one as well. */
async function sixels(png: Buffer): Promise<string> {
  const { default: sharp } = await import('sharp');
  const { data, info } = await sharp(png).ensureAlpha().raw().toBuffer({ resolveWithObject: true });
  const { FINALIZER, introducer, sixelEncode } = await import('sixel');
  // A copy: a buffer may begin anywhere in its memory, but 32-bit numbers must be aligned.
  const pixels = new Uint32Array(new Uint8Array(data).buffer);
  const image = sixelEncode(new Uint8Array(pixels.buffer), info.width, info.height, [...new Set(pixels)]);
  return introducer() + image + FINALIZER;
}
