/**
 * Makes text safe for a terminal. Keys, names and labels come from files and can contain anything: characters that move the cursor, change
 * colors, break lines or change the direction of writing are shown as escapes, such as `\x1b`. Our own colors and line breaks pass through
 * as marks.
 */
import { randomUUID } from 'node:crypto';

/** Control characters, unpaired surrogates, line separators, and characters that change the direction of writing. */
const unprintable = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\p{Bidi_Control}]/gu;

const shortEscapes: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/** Escapes everything that is not plain text. */
export function printable(text: string): string {
  return text.replace(unprintable, (character) => shortEscapes[character] ?? escapeOf(character));
}

function escapeOf(character: string): string {
  const code = character.charCodeAt(0);
  return code < 0x80 ? `\\x${hexadecimal(code, 2)}` : `\\u${hexadecimal(code, 4)}`;
}

function hexadecimal(code: number, digits: number): string {
  return code.toString(16).padStart(digits, '0');
}

/** Returns JSON of the same value without such characters, some of which JSON.stringify leaves in. */
export function printableJson(value: unknown): string {
  return JSON.stringify(value).replace(unprintable, (character) => `\\u${hexadecimal(character.charCodeAt(0), 4)}`);
}

/** Begins a mark that only this process can write, whatever a file contains. */
const mark = `\ufdd0${randomUUID()}`;
const marks = new RegExp(`${mark}(\\d+|n);`, 'g');

/** Stands for our own line breaks in text to be printed. */
export const lineBreak = `${mark}n;`;

/** Stands for a color or another style of the terminal (SGR). */
export function styleMark(code: number): string {
  return `${mark}${code};`;
}

/** Returns what is written to the terminal for text with such marks. */
export function rendered(text: string): string {
  return printable(text).replace(marks, (_, code: string) => (code === 'n' ? '\n' : `\x1b[${code}m`));
}
