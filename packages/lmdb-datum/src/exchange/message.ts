/** Converts a Datum's message to an image file with additional facts, and back to exactly the same message. */
import { kindOfImage } from '@ae/images/kind';
import { type Datum, hasPixels, withoutPixels } from '../datum/datum';
import { decodeDatum } from '../datum/decode';
import { encodeDatum } from '../datum/encode';
import { encodeSample } from '../datum/sample';
import { ImageError } from '../errors/errors';
import { keyText } from '../lmdb/scan';
import { otherValue } from '../schemas/schema';
import type { DatumFacts, ExchangeRecord } from './record';

/** Numbers of channels of raw pixels that a PNG can store. */
const channelsOfPng = [1, 3, 4];

/** Makes a record from the contents of a database. `message` is the stored one, if it is a Datum's. @throws DatumError */
export async function recordOf(
  key: Uint8Array,
  datum: Datum,
  message: Uint8Array | undefined,
): Promise<ExchangeRecord> {
  const { label, text, boxes } = datum;
  const name = keyText(key);
  const own = message ?? encodeDatum(datum, name);
  const { file, facts } = await imageOf(datum, own, name);
  return {
    ...{ key, facts, message: own },
    ...(label !== undefined && { label }),
    ...(file && { file }),
    ...(text !== undefined && { text }),
    ...(boxes && { boxes }),
  };
}

async function imageOf(
  datum: Datum,
  message: Uint8Array,
  name: string,
): Promise<{ file?: Uint8Array; facts: DatumFacts }> {
  const { channels, height, width, data, floatData, encoded, label } = datum;
  // What is written must be readable again.
  if (!hasPixels(datum)) throw withoutPixels(datum, name);
  if (encoded && !kindOfImage(data)) throw otherValue('an image file', data, { key: name });
  if (encoded) return { file: data, facts: partsOf(message, encodeDatum({ data, label, encoded }, name)) };
  if (floatData || !channelsOfPng.includes(channels)) return { facts: { whole: message } };
  const raw = [channels, height, width] as const;
  const file = await encodeSample({ channels, height, width, data }, 'png');
  return { file, facts: { raw, ...partsOf(message, encodeDatum({ channels, height, width, data, label }, name)) } };
}

/** Returns what surrounds the image in a message that differs from how it would be written. */
function partsOf(message: Uint8Array, usual: Uint8Array): Pick<DatumFacts, 'head' | 'tail'> {
  if (Buffer.compare(message, usual) === 0) return {};
  const { data } = decodeDatum(message);
  const start = data.byteOffset - message.byteOffset;
  return { head: message.subarray(0, start), tail: message.subarray(start + data.length) };
}

/** Makes the message of a record. @throws ImageError if its image file does not have the recorded size */
export async function messageOf({ key, label, file, facts, message }: ExchangeRecord): Promise<Uint8Array> {
  if (message) return message;
  const { raw, head, tail, whole } = facts;
  const name = keyText(key);
  if (whole) return whole;
  if (!file)
    throw new ImageError({ state: `key ${name}: there is no image`, todo: 'remove the record' }, { key: name });
  const data = raw ? await pixelsOf(file, raw, name) : file;
  if (head && tail) return Buffer.concat([head, data, tail]);
  if (!raw) return encodeDatum({ data, label, encoded: true }, name);
  const [channels, height, width] = raw;
  return encodeDatum({ channels, height, width, data, label }, name);
}

async function pixelsOf(
  file: Uint8Array,
  [channels, height, width]: readonly number[],
  name: string,
): Promise<Uint8Array> {
  const { decodeImage, toPlanarBgr } = await import('@ae/images');
  const { ownError } = await import('../datum/image-codec');
  const mode = channels === 1 ? 'gray' : channels === 3 ? 'color' : 'stored';
  const pixels = await decodeImage(file, { name, mode }).catch((cause) => {
    throw ownError(cause, { key: name });
  });
  if (pixels.channels === channels && pixels.height === height && pixels.width === width) return toPlanarBgr(pixels);
  const expected = `an image of ${channels}x${height}x${width}, as recorded beside it`;
  const received = `${pixels.channels}x${pixels.height}x${pixels.width}`;
  throw new ImageError({ where: `key ${name}`, expected, received, todo: 'convert the original again' }, { key: name });
}
