/**
 * Text as a terminal may see it. Keys, names and labels come from files and can hold anything: what moves the cursor, colors, breaks lines
 * or turns the direction of writing is shown as an escape, such as `\x1b`. Our own colors and line breaks go around that as marks.
 */
import { randomUUID } from 'node:crypto';

/** Control characters, halves of characters, line separators, and what turns the direction of writing. */
const unprintable = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\p{Bidi_Control}]/gu;

const shortEscapes: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/** Shows what is no plain text as escapes. */
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

/** JSON of the same value without such characters, of which JSON.stringify leaves some. */
export function printableJson(value: unknown): string {
  return JSON.stringify(value).replace(unprintable, (character) => `\\u${hexadecimal(character.charCodeAt(0), 4)}`);
}

/** Begins what only this process can write, whatever a file holds. */
const mark = `\ufdd0${randomUUID()}`;
const marks = new RegExp(`${mark}(\\d+|n);`, 'g');

/** Stands for a line break of our own in text to be printed. */
export const lineBreak = `${mark}n;`;

/** Stands for a color or another style of the terminal (SGR). */
export function styleMark(code: number): string {
  return `${mark}${code};`;
}

/** Returns what is written to the terminal for text with such marks. */
export function rendered(text: string): string {
  return printable(text).replace(marks, (_, code: string) => (code === 'n' ? '\n' : `\x1b[${code}m`));
}
