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
  readonly order: ColorOrder;
  image?: Datum;
  label?: number;
  text?: string;
  looks: number;
}

/** Returns the image in a record's objects as a Datum, or undefined if there is none. If there are several, the likeliest one. */
export function datumOfObjects(value: unknown, order: ColorOrder): Datum | undefined {
  const found: Found = { order, looks: 0 };
  collect(value, found, 0, true);
  const { image, label, text } = found;
  return image && { ...image, ...(label !== undefined && { label }), ...(text !== undefined && { text }) };
}

/** @param hasLabels Numbers and text in lists without an image may be the label: no name says that they are something else. */
function collect(value: unknown, found: Found, depth: number, hasLabels: boolean): void {
  const image = imageOf(value, found.order);
  if (image) found.image = likelier(found.image, image);
  else if (depth > deepest || found.looks++ > mostLooks) return;
  else if (Array.isArray(value)) {
    const isRecord = hasLabels || value.some((part) => part instanceof Uint8Array || part instanceof NdArray);
    for (const part of value) collectPart(part, found, depth, isRecord);
  } else if (value instanceof Map) collectMap(value, found, depth);
}

/** Numbers and text by position: the first whole number is the label. */
function collectPart(part: unknown, found: Found, depth: number, hasLabels: boolean): void {
  const label = hasLabels ? labelOf(part) : undefined;
  if (label !== undefined) found.label ??= label;
  else if (hasLabels && typeof part === 'string') found.text ??= part;
  else collect(part, found, depth + 1, hasLabels);
}

/** Numbers and text by name: a map also contains sizes and other values. */
function collectMap(map: Map<unknown, unknown>, found: Found, depth: number): void {
  for (const [key, part] of map) {
    const name = String(key);
    const isLabel = labelNames.test(name);
    const label = isLabel ? labelOf(part) : undefined;
    if (label !== undefined) found.label ??= label;
    else if (typeof part === 'string' && textNames.test(name)) found.text ??= part;
    else collect(part, found, depth + 1, isLabel);
  }
  found.image ??= rawImageOf(map, found.order);
}

/** An image file rather than an array, colors rather than a mask or a list of boxes, bytes rather than floats; or else the first one. */
function likelier(first: Datum | undefined, next: Datum): Datum {
  const rank = ({ encoded, channels, floatData }: Datum) =>
    encoded ? 4 : (channels === 3 || channels === 4 ? 2 : 0) + (floatData ? 0 : 1);
  return first && rank(first) >= rank(next) ? first : next;
}

function imageOf(value: unknown, order: ColorOrder): Datum | undefined {
  if (value instanceof NdArray) return datumOfArray(value, order);
  return value instanceof Uint8Array && kindOfImage(value) ? imageFileDatum(value) : undefined;
}

/** Pixels as bytes, accompanied by their size or shape. */
function rawImageOf(map: Map<unknown, unknown>, order: ColorOrder): Datum | undefined {
  for (const part of map.values()) {
    const shape = part instanceof Uint8Array && shapeBeside(map, part.length);
    if (shape) return datumOfArray(ndArray('u1', shape, part), order);
  }
  return undefined;
}

/** Returns the shape that a map states for this many bytes. */
function shapeBeside(map: Map<unknown, unknown>, length: number): number[] | undefined {
  const number = (names: readonly string[]) => names.map((name) => labelOf(map.get(name))).find((size) => size);
  const stated: unknown = map.get('shape');
  const [height = 0, width = 0] = [number(heightNames), number(widthNames)];
  const shape = Array.isArray(stated)
    ? stated.map((size) => labelOf(size) ?? 0)
    : [height, width, number(channelNames) ?? length / (height * width)];
  const isWhole = shape.every((size) => Number.isInteger(size) && size > 0);
  return isWhole && shape.reduce((product, size) => product * size, 1) === length ? shape : undefined;
}

/** A 32-bit whole number, as a number or as an array with one element. */
function labelOf(value: unknown): number | undefined {
  const number = value instanceof NdArray && value.data.length === 1 ? value.data[0] : value;
  if (typeof number === 'bigint') return labelOf(Number(number));
  return typeof number === 'number' && number === (number | 0) ? number : undefined;
}
