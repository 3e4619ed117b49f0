/** Converts a stored Datum to pixels ready for use. */
import { assertOneOf, refuse } from '../errors/checks';
import { DatumError, describe } from '../errors/errors';
import { type Datum, hasPixels, type Sample, withoutPixels } from './datum';

/**
 * Returns the pixels of a Datum as planar `[C, H, W]`, colors blue-green-red. Raw data is returned unchanged, bytes or floats; an encoded
 * image is decoded, so the result is a Promise.
 *
 * @throws DatumError or ImageError, with the key.
 */
export function decodeSample(datum: Datum, key: string, maxPixels?: number): Sample | Promise<Sample> {
  const { channels, height, width, data, label, floatData } = datum;
  if (datum.encoded) return decodeEncoded(datum, key, maxPixels);
  if (!hasPixels(datum)) throw withoutPixels(datum, key);
  return withExtras({ channels, height, width, data: floatData ?? data, label, key }, datum);
}

async function decodeEncoded(datum: Datum, key: string, maxPixels?: number): Promise<Sample> {
  const { decodeFile } = await import('./image-codec');
  return withExtras({ ...(await decodeFile(datum.data, key, maxPixels)), label: datum.label, key }, datum);
}

/** Adds what schemas other than Caffe's know about an image. */
function withExtras(sample: Sample, { text, boxes }: Datum): Sample {
  if (text !== undefined) sample.text = text;
  if (boxes !== undefined) sample.boxes = boxes;
  return sample;
}

/** Converts float_data to bytes. @throws DatumError if a value is not a whole number from 0 to 255. */
export function floatsToBytes(floats: Float32Array, key: string): Uint8Array {
  const bytes = Uint8Array.from(floats);
  const bad = floats.findIndex((value, i) => value !== bytes[i]);
  if (bad < 0) return bytes;
  throw new DatumError(
    {
      where: `key ${key}`,
      expected: 'float_data of whole numbers from 0 to 255',
      received: `${floats[bad]} at index ${bad}`,
      todo: 'such numbers are not pixels; remove the record, or read it in float32 batches of the stored size',
    },
    { key },
  );
}

/**
 * Encodes a sample as an image file: `channels` 1 or 2 (gray), 3 or 4 (color). Floats must be whole numbers from 0 to 255.
 *
 * @throws InvalidOptionError, DatumError if the sample's length does not match its size, MissingDependencyError without sharp, which JPEG
 * and WebP need.
 */
export async function encodeSample(sample: Sample, type: 'png' | 'jpeg' | 'webp'): Promise<Uint8Array> {
  assertOneOf('type', type, ['png', 'jpeg', 'webp']);
  if (!(sample?.data instanceof Uint8Array || sample?.data instanceof Float32Array)) {
    refuse('sample', 'pixels with their size', sample, 'pass what at() gives');
  }
  const { channels, height, width, key = 'sample' } = sample;
  const data = sample.data instanceof Float32Array ? floatsToBytes(sample.data, key) : sample.data;
  const isSized = [channels, height, width].every((size) => Number.isSafeInteger(size) && size >= 1);
  if (isSized && channels <= 4 && data.length === channels * height * width) {
    const { encodeFile } = await import('./image-codec');
    return encodeFile(data, { channels, height, width }, type);
  }
  throw new DatumError(
    {
      where: `${sample.key === undefined ? key : `key ${key}`}`,
      expected: '1 to 4 channels of pixels',
      received: `${data.length} bytes for ${[channels, height, width].map(describe).join('x')}`,
      todo: 'such a record is not an image',
    },
    { key },
  );
}
