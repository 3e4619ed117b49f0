/** Checks of options. */
import { inWords } from '@ae/ground/in-words';
import { InvalidOptionError, refused } from '../errors';
import type { PlanarImage, RgbColor } from './pixels';

/** Refuses values that are not an object with known options. @throws InvalidOptionError INVALID_OPTION */
export function checkKeys(where: string, options: object, known: readonly string[]): void {
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw refused(where, `options such as { ${known[0]}: ... }`, options);
  }
  const unknown = Object.keys(options).find((key) => !known.includes(key));
  if (unknown !== undefined) throw refused(where, `options of ${known.join(', ')}`, unknown);
}

/** Refuses values that are not whole numbers from 1 to `most`. @throws InvalidOptionError INVALID_OPTION */
export function checkWhole(where: string, value: unknown, most = Number.MAX_SAFE_INTEGER): void {
  if (Number.isSafeInteger(value) && Number(value) >= 1 && Number(value) <= most) return;
  const range = most < Number.MAX_SAFE_INTEGER ? `from 1 to ${most}` : 'of at least 1';
  throw refused(where, `a whole number ${range}`, value);
}

/** Refuses values that are not one of these words. @throws InvalidOptionError INVALID_OPTION */
export function checkWord(where: string, value: unknown, words: readonly string[]): void {
  if (typeof value === 'string' && words.includes(value)) return;
  const quoted = words.map((word) => `'${word}'`);
  throw refused(where, `${quoted.slice(0, -1).join(', ')} or ${quoted.at(-1)}`, value);
}

/** Parses a color '#rrggbb'. @throws InvalidOptionError INVALID_OPTION */
export function colorOf(where: string, text: unknown): RgbColor {
  if (typeof text !== 'string' || !/^#[0-9a-f]{6}$/i.test(text)) throw refused(where, "'#rrggbb'", text);
  const value = Number.parseInt(text.slice(1), 16);
  return [value >> 16, (value >> 8) & 255, value & 255];
}

/** Refuses values that are not the bytes of a file. @throws InvalidOptionError INVALID_OPTION */
export function checkBytes(where: string, file: unknown): void {
  if (file instanceof Uint8Array) return;
  throw refused(where, 'the bytes of an image file', file, 'readImage takes paths, addresses, Files and Blobs');
}

/** Refuses pixels whose number of values does not match their size. @throws InvalidOptionError INVALID_OPTION */
export function checkPixels(where: string, pixels: Omit<PlanarImage, 'data'> & { readonly data: unknown }): void {
  const { data, channels, height, width } = (pixels ?? {}) as Partial<PlanarImage>;
  const values = ArrayBuffer.isView(data) && !(data instanceof DataView) ? data.length : -1;
  const isSized = [channels, height, width].every((side) => Number.isInteger(side) && Number(side) > 0);
  if (isSized && values >= Number(channels) * Number(height) * Number(width)) return;
  const received = isSized && values >= 0 ? `${values} values for ${channels}x${height}x${width}` : inWords(pixels);
  const expected = 'pixels, { data, channels, height, width } with as many values as these say';
  throw new InvalidOptionError({ where, expected, received });
}
