/** Mean images as the binaryproto files that Caffe's tools read and write. */
import fs from 'node:fs';
import protobuf from 'protobufjs/minimal.js';
import { assertPath, refuse } from '../errors/checks';
import { NotReadableError, reasonOf, UnsupportedFormatError, WriteError } from '../errors/errors';
import { readRegularFile, sayOf } from '../files/regular-file';
import { assertMean, type MeanImage } from './mean';

/** Maximum size of a file, for the mean of an image with 134 million values; Caffe's own are below a megabyte. */
const mostFileBytes = 2 ** 29 + 1024;
/** Caffe's own limit (kMaxBlobAxes). */
const mostDimensions = 32;

/** Encodes a mean image as a BlobProto message with num=1, which Caffe calls a binaryproto. */
export function encodeMean(mean: MeanImage): Uint8Array {
  assertMean('encodeMean', mean);
  const { channels, height, width, data } = mean;
  const writer = protobuf.Writer.create();
  writer.uint32(1 << 3).int32(1);
  writer.uint32(2 << 3).int32(channels);
  writer.uint32(3 << 3).int32(height);
  writer.uint32(4 << 3).int32(width);
  const floats = new Uint8Array(data.length * 4);
  const view = new DataView(floats.buffer);
  data.forEach((value, i) => {
    view.setFloat32(4 * i, value, true);
  });
  return writer
    .uint32((5 << 3) | 2)
    .bytes(floats)
    .finish();
}

/**
 * Decodes a BlobProto: with old dimensions (num, channels, height, width) or new ones (shape), data packed or not.
 *
 * @throws UnsupportedFormatError if it is not one, or does not contain exactly one image.
 */
export function decodeMean(bytes: Uint8Array, name = 'mean'): MeanImage {
  if (!(bytes instanceof Uint8Array)) refuse('decodeMean', 'the bytes of a file', bytes, 'readMean takes its path');
  const wrong = (received: string, cause?: unknown): UnsupportedFormatError =>
    new UnsupportedFormatError(
      {
        where: name,
        expected: 'a binaryproto with the mean of one image',
        received,
        todo: 'compute the mean again',
      },
      { path: name, cause },
    );
  let blob: Blob;
  try {
    blob = readBlob(bytes);
  } catch (cause) {
    throw wrong(`${bytes.length} bytes that don't parse (${reasonOf(cause)})`, cause);
  }
  const { data } = blob;
  const dimensions =
    blob.dimensions.length === 4 && blob.dimensions[0] === 1 ? blob.dimensions.slice(1) : blob.dimensions;
  const [channels = 0, height = 0, width = 0] = dimensions;
  const isShape = dimensions.length === 3 && dimensions.every((size) => Number.isSafeInteger(size) && size >= 1);
  if (!isShape || channels * height * width !== data.length) {
    throw wrong(`${data.length} values for ${blob.dimensions.slice(0, 8).join('x') || 'no dimensions'}`);
  }
  const bad = data.findIndex((value) => !Number.isFinite(value));
  if (bad >= 0) throw wrong(`${data[bad]} as value ${bad}`);
  return { channels, height, width, data };
}

/** Writes a binaryproto file, under a temporary name first. @throws WriteError */
export function writeMean(file: string, mean: MeanImage): void {
  assertPath('file', file);
  assertMean('writeMean', mean);
  const temporary = `${file}.${process.pid}.tmp`;
  try {
    fs.writeFileSync(temporary, encodeMean(mean));
    fs.renameSync(temporary, file);
  } catch (cause) {
    fs.rmSync(temporary, { force: true });
    throw new WriteError(
      { state: `${file}: the mean cannot be written (${reasonOf(cause)})`, todo: 'check the path' },
      { path: file, cause },
    );
  }
}

/** Reads a binaryproto file. @throws NotReadableError, UnsupportedFormatError */
export function readMean(file: string): MeanImage {
  assertPath('file', file);
  let bytes: Buffer;
  try {
    bytes = readRegularFile(file, mostFileBytes);
  } catch (cause) {
    throw new NotReadableError(
      {
        where: file,
        expected: 'a binaryproto file',
        received: `something that ${sayOf(cause)}`,
        todo: 'check the path',
      },
      { path: file, cause },
    );
  }
  return decodeMean(bytes, file);
}

interface Blob {
  dimensions: number[];
  data: Float32Array;
}

/** Uses no more memory than the message has bytes, whatever its dimensions say. */
function readBlob(bytes: Uint8Array): Blob {
  const reader = protobuf.Reader.create(bytes);
  const old: (number | undefined)[] = [];
  let shape: number[] | undefined;
  const data = new Float32Array(bytes.length >> 2);
  let count = 0;
  while (reader.pos < reader.len) {
    const tag = reader.uint32();
    const field = tag >>> 3;
    const wire = tag & 7;
    if (field >= 1 && field <= 4 && wire === 0) old[field - 1] = reader.int32();
    else if (field === 5 && wire === 5) data[count++] = reader.float();
    else if (field === 5 && wire === 2) count = readPacked(reader, data, count);
    else if (field === 7 && wire === 2) shape = readShape(reader.bytes());
    else reader.skipType(wire, 0, field);
  }
  return { dimensions: shape ?? Array.from(old, (value) => value ?? 0), data: data.slice(0, count) };
}

/** @returns The total number of values so far. */
function readPacked(reader: protobuf.Reader, data: Float32Array, count: number): number {
  const bytes = reader.bytes();
  if (bytes.length % 4 !== 0) throw new RangeError(`packed floats of ${bytes.length} bytes`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = 0; at < bytes.length; at += 4) data[count++] = view.getFloat32(at, true);
  return count;
}

/** BlobShape: repeated int64 dim = 1, packed or not. */
function readShape(bytes: Uint8Array): number[] {
  const reader = protobuf.Reader.create(bytes);
  const dimensions: number[] = [];
  const add = (): void => {
    if (dimensions.length === mostDimensions) throw new RangeError(`more than ${mostDimensions} dimensions`);
    dimensions.push(Number(reader.int64()));
  };
  while (reader.pos < reader.len) {
    const tag = reader.uint32();
    if (tag === 1 << 3) add();
    else if (tag === ((1 << 3) | 2)) for (const end = reader.uint32() + reader.pos; reader.pos < end; ) add();
    else reader.skipType(tag & 7, 0, tag >>> 3);
  }
  return dimensions;
}
