import { formatCount, formatNumberOf } from '@ae/ground/numbers';
import { optionAsFlag } from './cli-error';
import { lineBreak, printable, printableJson, rendered, styleMark } from './printable';

export { formatBytes, formatCount, formatDuration, formatNumberOf } from '@ae/ground/numbers';

type Style = 'bold' | 'dim' | 'red' | 'yellow' | 'green';

const styleCodes: Record<Style, [number, number]> = {
  bold: [1, 22],
  dim: [2, 22],
  red: [31, 39],
  yellow: [33, 39],
  green: [32, 39],
};

/** Moves the cursor up to the start of the live block, and clears everything below. */
const clearBlock = (lines: number) => `\r${lines > 1 ? `\x1b[${lines - 1}A` : ''}\x1b[J`;

/**
 * The output of commands: results go to stdout; progress (the live block) and warnings go to stderr. Colors and the live block appear only
 * on a terminal. Everything printed is made printable here.
 */
export class Terminal {
  readonly json: boolean;
  readonly isLive: boolean;
  #live: readonly string[] = [];

  constructor({ json = false }: { readonly json?: boolean } = {}) {
    this.json = json;
    this.isLive = !json && Boolean(process.stderr.isTTY) && process.env.TERM !== 'dumb';
  }

  /** Prints one line of result text, or several separated by `lineBreak`; nothing in JSON mode. */
  print(line = ''): void {
    if (this.json) return;
    this.#aside(() => process.stdout.write(`${rendered(line)}\n`));
  }

  /** Prints one line of JSON; nothing in text mode. */
  event(value: object): void {
    if (this.json) process.stdout.write(`${printableJson(value)}\n`);
  }

  /** Prints a line that must not end up in a pipe. */
  warn(message: string): void {
    this.#aside(() => {
      const line = this.json
        ? printableJson({ event: 'warning', message })
        : rendered(`${style('yellow', 'note:', process.stderr)} ${message}`);
      process.stderr.write(`${line}\n`);
    });
  }

  /** Number of characters that fit on a line of the live block. */
  get liveWidth(): number {
    return Math.max(10, (process.stderr.columns || 80) - 1);
  }

  /** Replaces the live block by these lines, cut to the terminal's width. An empty line removes it. */
  status(...lines: readonly string[]): void {
    if (!this.isLive) return;
    const before = this.#live.length;
    const shown = lines.map((line) => [...printable(line)].slice(0, this.liveWidth).join(''));
    this.#live = shown.join('') === '' ? [] : shown;
    process.stderr.write(clearBlock(before) + this.#live.join('\n'));
  }

  /** Writes whole lines without mixing them with the live block. */
  #aside(write: () => void): void {
    if (this.#live.length > 0) process.stderr.write(clearBlock(this.#live.length));
    write();
    if (this.#live.length > 0) process.stderr.write(this.#live.join('\n'));
  }
}

/** Colors text if `stream` is a terminal and the user has not disabled colors (https://no-color.org). */
export function style(name: Style, text: string, stream: NodeJS.WriteStream = process.stdout): string {
  if (!stream.isTTY || process.env.NO_COLOR || process.env.TERM === 'dumb') return text;
  const [on, off] = styleCodes[name];
  return `${styleMark(on)}${text}${styleMark(off)}`;
}

/** Aligns rows of names and values. */
export function formatRows(rows: readonly (readonly [name: string, value: string])[], indent = '  '): string {
  const names = rows.map(([name]) => printable(name));
  const width = Math.max(...names.map((name) => name.length));
  return rows.map(([, value], i) => `${indent}${style('dim', names[i].padEnd(width))}  ${value}`).join(lineBreak);
}

/** Names records that are beside the images. */
export function formatOthers(count: number): string {
  return count === 1
    ? '1 other that is not read as an image'
    : `${formatCount(count)} others that are not read as images`;
}

/** Lists the damaged records that a lenient command skipped, one per line. */
export function leftOut(reasons: readonly string[]): string {
  return [`skipped ${formatNumberOf(reasons.length, 'damaged record')}:`, ...reasons.map(optionAsFlag)].join(
    `${lineBreak}  `,
  );
}

/** Returns a bar of `width` characters, filled by `fraction` in steps of an eighth. */
export function formatBar(fraction: number, width = 20): string {
  const eighths = Math.round(Math.min(1, Math.max(0, fraction)) * width * 8);
  const full = '█'.repeat(Math.floor(eighths / 8));
  const part = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'][eighths % 8];
  return (full + part).padEnd(width, '░');
}
