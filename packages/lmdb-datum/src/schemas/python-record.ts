/** The contents of a record of Python objects: an image, with a label or a text. (bytes, label), [array, label], {'image': ...}. */
import { kindOfImage } from '@ae/images/kind';
import { type Datum, imageFileDatum } from '../datum/datum';
import { type ColorOrder, datumOfArray } from './array-image';
import { NdArray, ndArray } from './python/nd-array';

const labelNames = /^(label|labels|target|targets|class|class_?id|category|category_?id|cls|y|fine_?labels?)$/i;
const textNames = /^(text|caption|transcription|word|gt|label|labels)$/i;
const heightNames = ['height', 'h', 'rows'];
const widthNames = ['width', 'w', 'cols'];
const channelNames = ['channels', 'channel', 'c', 'depth'];
/** Maximum depth and number of objects that are examined: a list may contain itself. */
const deepest = 4;
const mostLooks = 10_000;

/** What has been found so far. */
interface Found {
  image?: Datum;
  label?: number;
  text?: string;
  looks: number;
}

/** Returns the image in a record's objects as a Datum, or undefined if there is none. If there are several, the first one. */
export function datumOfObjects(value: unknown, order: ColorOrder): Datum | undefined {
  const found: Found = { looks: 0 };
  collect(value, order, found, 0);
  const { image, label, text } = found;
  return image && { ...image, ...(label !== undefined && { label }), ...(text !== undefined && { text }) };
}

function collect(value: unknown, order: ColorOrder, found: Found, depth: number): void {
  const image = imageOf(value, order);
  if (image) found.image ??= image;
  else if (depth > deepest || found.looks++ > mostLooks) return;
  else if (Array.isArray(value)) for (const part of value) collectPart(part, order, found, depth);
  else if (value instanceof Map) collectMap(value, order, found, depth);
}

/** Numbers and text by position: the first whole number is the label. */
function collectPart(part: unknown, order: ColorOrder, found: Found, depth: number): void {
  const label = labelOf(part);
  if (label !== undefined) found.label ??= label;
  else if (typeof part === 'string') found.text ??= part;
  else collect(part, order, found, depth + 1);
}

/** Numbers and text by name: a map also contains sizes and other values. */
function collectMap(map: Map<unknown, unknown>, order: ColorOrder, found: Found, depth: number): void {
  for (const [name, part] of map) {
    const label = labelNames.test(String(name)) ? labelOf(part) : undefined;
    if (label !== undefined) found.label ??= label;
    else if (typeof part === 'string' && textNames.test(String(name))) found.text ??= part;
    else collect(part, order, found, depth + 1);
  }
  found.image ??= rawImageOf(map, order);
}

function imageOf(value: unknown, order: ColorOrder): Datum | undefined {
  if (value instanceof NdArray) return datumOfArray(value, order);
  return value instanceof Uint8Array && kindOfImage(value) ? imageFileDatum(value) : undefined;
}

/** Pixels as bytes, accompanied by their size. */
function rawImageOf(map: Map<unknown, unknown>, order: ColorOrder): Datum | undefined {
  const number = (names: readonly string[]) => names.map((name) => labelOf(map.get(name))).find((size) => size);
  const height = number(heightNames);
  const width = number(widthNames);
  if (height === undefined || width === undefined) return undefined;
  for (const part of map.values()) {
    if (!(part instanceof Uint8Array)) continue;
    const channels = number(channelNames) ?? part.length / (height * width);
    if (Number.isInteger(channels) && part.length === height * width * channels)
      return datumOfArray(ndArray('u1', [height, width, channels], part), order);
  }
  return undefined;
}

/** A 32-bit whole number, as a number or as an array with one element. */
function labelOf(value: unknown): number | undefined {
  const number = value instanceof NdArray && value.data.length === 1 ? value.data[0] : value;
  if (typeof number === 'bigint') return labelOf(Number(number));
  return typeof number === 'number' && number === (number | 0) ? number : undefined;
}
