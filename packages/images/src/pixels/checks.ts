/** Checks of options. */
import { refused } from '../errors';
import type { RgbColor } from './pixels';

/** Refuses what is no object of known options. @throws InvalidOptionError INVALID_OPTION */
export function checkKeys(where: string, options: object, known: readonly string[]): void {
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw refused(where, `options such as { ${known[0]}: ... }`, options);
  }
  const unknown = Object.keys(options).find((key) => !known.includes(key));
  if (unknown !== undefined) throw refused(where, `options of ${known.join(', ')}`, unknown);
}

/** Returns the color that '#rrggbb' says. @throws InvalidOptionError INVALID_OPTION */
export function colorOf(where: string, text: unknown): RgbColor {
  if (typeof text !== 'string' || !/^#[0-9a-f]{6}$/i.test(text)) throw refused(where, "'#rrggbb'", text);
  const value = Number.parseInt(text.slice(1), 16);
  return [value >> 16, (value >> 8) & 255, value & 255];
}
