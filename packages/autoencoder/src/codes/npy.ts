/**
 * NumPy's .npy files, version 1.0: a magic number, the header as a Python dict literal padded to 64 bytes, then the values
 * in C order and little-endian (https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html).
 */
import { type FileHandle, open } from 'node:fs/promises';
import { syncFile } from '@ae/ground/sync';
import { AutoencoderError, checkNumber, checkNumbers, invalidOption } from '../errors/errors';

/** `<f4` float32, `<i4` int32, or `<Un`: text of up to n code points in UTF-32. */
export type NpyDtype = '<f4' | '<i4' | `<U${number}`;

/** Returns the bytes before the values. */
export function npyHeader(dtype: NpyDtype, shape: readonly number[]): Uint8Array {
  const tuple = shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(', ')})`;
  const dict = `{'descr': '${dtype}', 'fortran_order': False, 'shape': ${tuple}, }`;
  const length = Math.ceil((10 + dict.length + 1) / 64) * 64 - 10;
  const header = Buffer.alloc(10 + length, ' ');
  header.write('\x93NUMPY\x01\x00', 'latin1');
  header.writeUInt16LE(length, 8);
  header.write(dict, 10, 'latin1');
  header.write('\n', 10 + length - 1);
  return header;
}

/** Encodes numbers as a .npy file. */
export function encodeNpy(values: Float32Array | Int32Array, shape: readonly number[]): Uint8Array {
  checkNumbers('encodeNpy, shape', shape);
  for (const size of shape) checkNumber('encodeNpy, shape', size, { min: 0, integer: true });
  const isTyped = values instanceof Float32Array || values instanceof Int32Array;
  if (!isTyped) throw invalidOption('encodeNpy', 'a Float32Array or an Int32Array', values);
  const count = shape.reduce((product, size) => product * size, 1);
  checkNumbers('encodeNpy', values, count);
  const dtype = values instanceof Float32Array ? '<f4' : '<i4';
  return Buffer.concat([npyHeader(dtype, shape), littleEndian(values)]);
}

/** Encodes texts as a one-dimensional .npy file, which NumPy reads as an array of str. */
export function encodeTextNpy(texts: readonly string[]): Uint8Array {
  const areTexts = Array.isArray(texts) && texts.every((text) => typeof text === 'string');
  if (!areTexts) throw invalidOption('encodeTextNpy', 'a list of texts', texts);
  const points = texts.map((text) => Array.from(text, (character) => character.codePointAt(0) as number));
  const width = Math.max(1, ...points.map(({ length }) => length));
  const values = new Int32Array(texts.length * width);
  for (const [i, text] of points.entries()) values.set(text, i * width);
  return Buffer.concat([npyHeader(`<U${width}`, [texts.length]), littleEndian(values)]);
}

/** Reads an int32 file as `encodeNpy` writes it. Throws NOT_READABLE; `name` is the name of the file. */
export function decodeInt32Npy(bytes: Uint8Array, name: string): Int32Array {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const isNpy = file.length > 10 && file.toString('latin1', 0, 8) === '\x93NUMPY\x01\x00';
  const start = isNpy ? 10 + file.readUInt16LE(8) : 0;
  const isInt32 = isNpy && file.toString('latin1', 10, start).includes("'descr': '<i4'");
  if (!isInt32 || (file.length - start) % 4 !== 0) {
    const state = `${name} is not a file of whole numbers such as codes have`;
    throw new AutoencoderError('NOT_READABLE', { state, todo: 'write the codes again' });
  }
  return Int32Array.from({ length: (file.length - start) / 4 }, (_, i) => file.readInt32LE(start + 4 * i));
}

/** Returns the bytes of the values, without a copy on little-endian machines, which nearly all are. */
function littleEndian(values: Float32Array | Int32Array): Uint8Array {
  const bytes = Buffer.from(values.buffer, values.byteOffset, values.byteLength);
  return bigEndianMachine ? Buffer.from(bytes).swap32() : bytes;
}

const bigEndianMachine = new Uint8Array(new Uint16Array([1]).buffer)[0] === 0;

/** Writes a float32 array `[rows, columns]` piece by piece; the number of rows need not be known before the end. */
export class NpyRowWriter {
  #rows = 0;
  readonly #file: FileHandle;
  readonly #columns: number;

  private constructor(file: FileHandle, columns: number) {
    this.#file = file;
    this.#columns = columns;
  }

  /** Creates the file; throws if it exists. */
  static async create(path: string, columns: number): Promise<NpyRowWriter> {
    const file = await open(path, 'wx');
    // Space for the longest header; the real one is written at the end and has the same length.
    await file.write(npyHeader('<f4', [Number.MAX_SAFE_INTEGER, columns]));
    return new NpyRowWriter(file, columns);
  }

  /** Appends complete rows. */
  async append(values: Float32Array): Promise<void> {
    // writeFile continues until all bytes are written; write may stop early.
    await this.#file.writeFile(littleEndian(values));
    this.#rows += values.length / this.#columns;
  }

  /** Writes the header with the number of rows, and closes the file. */
  async finish(): Promise<void> {
    try {
      const room = npyHeader('<f4', [Number.MAX_SAFE_INTEGER, this.#columns]).length;
      const header = npyHeader('<f4', [this.#rows, this.#columns]);
      // Spaces between the dict and the newline are allowed, so the header can be padded.
      const padded = Buffer.alloc(room, ' ');
      padded.set(header.subarray(0, header.length - 1));
      padded.write('\n', room - 1);
      padded.writeUInt16LE(room - 10, 8);
      await this.#file.write(padded, 0, room, 0);
      await syncFile(this.#file);
    } finally {
      await this.#file.close();
    }
  }

  /** Closes the file without a valid header. */
  async abandon(): Promise<void> {
    await this.#file.close();
  }
}
