/** Pictures in the terminal, by the protocols that terminals have for them. */
import process from 'node:process';
import { setTimeout } from 'node:timers/promises';

export type PictureProtocol = 'kitty' | 'iterm2' | 'sixel';

type Environment = Readonly<Record<string, string | undefined>>;

/** Returns the protocol that a terminal is known to have by its name; undefined where it has to be asked. */
export function knownProtocol({
  TERM,
  TERM_PROGRAM,
  LC_TERMINAL,
  KITTY_WINDOW_ID,
  TMUX,
  STY,
}: Environment): PictureProtocol | undefined {
  // They pass on sixels at most, whatever terminal they run in.
  if (TMUX !== undefined || STY !== undefined) return undefined;
  if (['iTerm.app', 'WezTerm', 'mintty'].includes(TERM_PROGRAM ?? '') || LC_TERMINAL === 'iTerm2') return 'iterm2';
  const hasKitty =
    KITTY_WINDOW_ID !== undefined || TERM_PROGRAM === 'ghostty' || /^xterm-(kitty|ghostty)$/.test(TERM ?? '');
  return hasKitty ? 'kitty' : undefined;
}

/** Finds out how the terminal shows pictures; undefined where it does not, or where there is none. */
export async function findProtocol(): Promise<PictureProtocol | undefined> {
  const { stdin, stdout, env } = process;
  if (!stdout.isTTY || env.TERM === 'dumb') return undefined;
  return knownProtocol(env) ?? (stdin.isTTY && (await hasSixel()) ? 'sixel' : undefined);
}

/** How long a terminal may take to say what it is; far away ones take a while. */
const answerMs = 500;

/** Asks the terminal for its attributes (DA1), of which 4 stands for sixels. */
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

// biome-ignore lint/suspicious/noControlCharactersInRegex: that is what terminals answer with.
const attributes = /\x1b\[\?([\d;]+)c/;

/** Pixels of a terminal's character, about: pictures are made no wider than the window. */
const characterWidth = 9;

/** Returns what a terminal shows an image file by; throws what sharp does for a file that is none. */
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

/** Kitty's protocol takes at most so many characters at once. */
const kittyChunk = 4096;

/** "Transmit and display" of PNG data, in parts, of which each but the last says that more follow. */
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

/** Of a PNG with a palette, which sixels have as well. */
async function sixels(png: Buffer): Promise<string> {
  const { default: sharp } = await import('sharp');
  const { data, info } = await sharp(png).ensureAlpha().raw().toBuffer({ resolveWithObject: true });
  const { FINALIZER, introducer, sixelEncode } = await import('sixel');
  // A copy: a buffer may begin anywhere in its memory, which numbers of 32 bits may not.
  const pixels = new Uint32Array(new Uint8Array(data).buffer);
  const image = sixelEncode(new Uint8Array(pixels.buffer), info.width, info.height, [...new Set(pixels)]);
  return introducer() + image + FINALIZER;
}
