/**
 * A checkpoint as one safetensors file: float32 tensors by name, and a state of plain data as JSON in its metadata. Any
 * reader of safetensors opens it. https://github.com/huggingface/safetensors#format
 */
import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { readInto } from '@ae/layers';
import * as tf from '@tensorflow/tfjs-core';
import { AutoencoderError } from '../errors';
import { writeFileAtomically } from './atomic-file';
import { crc32 } from './crc';

export const checkpointFormat = 'ae-checkpoint-1';

/** Largest header that is taken for one: a damaged length must not ask for gigabytes. */
const maxHeaderBytes = 100e6;

/** The types of Node.js know its interfaces only. */
declare const WebAssembly: { Memory: new (descriptor: { initial: number }) => { readonly buffer: ArrayBuffer } };

/** How much is written at once: a multiple of `blockBytes`. */
const pieceBytes = 2 ** 25;

/** What direct writes are multiples of, in memory and in the file, on every usual disk. */
const blockBytes = 4096;

interface TensorEntry {
  readonly dtype: 'F32';
  readonly shape: number[];
  readonly data_offsets: [begin: number, end: number];
}

type Header = Record<string, TensorEntry> & { __metadata__?: Record<string, string> };

/** A copy of what a checkpoint holds, as the bytes of its file, which stays as it is while training goes on. */
export interface Snapshot {
  readonly bytes: Uint8Array;
  /** The first tensor with a value that is not finite, in words, where there is one. */
  readonly notFinite?: string;
}

/** Copies a state and tensors, into the memory of `former` where that is large enough, which is no longer valid then. */
export async function takeSnapshot(
  state: object,
  tensors: Readonly<Record<string, tf.Tensor>>,
  former?: Snapshot,
): Promise<Snapshot> {
  const header = encodeHeader(state, tensors);
  const size = Object.values(tensors).reduce((sum, tensor) => sum + tensor.size, 0);
  const length = header.length + 4 * size;
  // To touch new memory for the first time takes longer than to copy.
  const buffer = former && former.bytes.buffer.byteLength >= length ? former.bytes.buffer : reserve(length);
  const bytes = new Uint8Array(buffer, 0, length);
  bytes.set(header);
  const values = new Float32Array(buffer, header.length, size);
  let notFinite: string | undefined;
  let at = 0;
  for (const [name, tensor] of Object.entries(tensors)) {
    const part = values.subarray(at, at + tensor.size);
    await readInto(part, tensor);
    const value = await findNotFinite(tensor, part);
    if (value !== undefined) notFinite ??= `${name}, received ${value}`;
    at += tensor.size;
  }
  return { bytes, notFinite };
}

/** Reserves memory that begins and ends at a block, as direct writes need it, where there can be so much of that. */
function reserve(length: number): ArrayBufferLike {
  const pageBytes = 65536;
  try {
    // Some more, for a state grows by an epoch at a time.
    return new WebAssembly.Memory({ initial: Math.ceil(length / pageBytes) + 1 }).buffer;
  } catch {
    return new ArrayBuffer(length);
  }
}

/** Returns the first value of a tensor that is no finite number. A finite sum tells that there is none, at the backend's speed. */
async function findNotFinite(tensor: tf.Tensor, values: Float32Array): Promise<number | undefined> {
  const sum = tf.sum(tensor);
  const [total] = await sum.data();
  sum.dispose();
  return Number.isFinite(total) ? undefined : values.find((value) => !Number.isFinite(value));
}

/** Writes a checkpoint, whole or not at all, and returns the CRC-32 of the file. Needs little of the calling thread. */
export async function writeCheckpointFile(file: string, { bytes }: Snapshot): Promise<number> {
  // Past the system's cache: nobody reads it soon, and to find room for it there costs much more than the writing.
  const { O_DIRECT = 0 } = constants as { O_DIRECT?: number };
  try {
    return await writePieces(file, bytes, O_DIRECT);
  } catch (error) {
    // Some file systems have no direct writes, or want larger blocks, and say so in different words.
    if (O_DIRECT === 0 || (error as NodeJS.ErrnoException).code === 'ENOSPC') throw error;
    return writePieces(file, bytes, 0);
  }
}

async function writePieces(file: string, bytes: Uint8Array, flags: number): Promise<number> {
  const { buffer, length } = bytes;
  // What stands behind the bytes fills the last block, and is cut off again.
  const end = Math.min(buffer.byteLength, blockBytes * Math.ceil(length / blockBytes));
  let crc = 0;
  const write = async (handle: FileHandle) => {
    for (let start = 0; start < end; start += pieceBytes) {
      crc = crc32(bytes.subarray(start, start + pieceBytes), crc);
      await writeWhole(handle, new Uint8Array(buffer, start, Math.min(pieceBytes, end - start)));
    }
    await handle.truncate(length);
  };
  await writeFileAtomically(file, write, flags);
  return crc;
}

/** Written at once: FileHandle.writeFile's pieces are so small that a busy event loop takes long to get through them. */
async function writeWhole(handle: FileHandle, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length; ) at += (await handle.write(bytes, at)).bytesWritten;
}

function encodeHeader(state: object, tensors: Readonly<Record<string, tf.Tensor>>): Buffer {
  const header: Header = {};
  let offset = 0;
  for (const [name, { shape, size }] of Object.entries(tensors)) {
    header[name] = { dtype: 'F32', shape, data_offsets: [offset, offset + 4 * size] };
    offset += 4 * size;
  }
  const metadata = { format: checkpointFormat, state: JSON.stringify(state, nameInfinity) };
  const json = JSON.stringify({ __metadata__: metadata, ...header });
  // Spaces behind the JSON align the values to 8 bytes.
  const text = Buffer.from(json.padEnd(json.length + ((8 - (Buffer.byteLength(json) % 8)) % 8)));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(text.length));
  return Buffer.concat([length, text]);
}

/** JSON has no Infinity, which is the PSNR of a perfect reconstruction. */
function nameInfinity(_key: string, value: unknown): unknown {
  return value === Number.POSITIVE_INFINITY ? 'Infinity' : value;
}

function readInfinity(_key: string, value: unknown): unknown {
  return value === 'Infinity' ? Number.POSITIVE_INFINITY : value;
}

/** What a checkpoint holds; the caller disposes of the tensors. */
export interface Checkpoint {
  readonly state: unknown;
  readonly tensors: Readonly<Record<string, tf.Tensor>>;
}

/** Reads a checkpoint; throws CHECKPOINT_INVALID when it is not the file of that CRC-32. */
export async function readCheckpointFile(file: string, crc: number): Promise<Checkpoint> {
  let handle: FileHandle;
  try {
    handle = await open(file, 'r');
  } catch (cause) {
    throw invalid(file, `could not be opened (${(cause as NodeJS.ErrnoException).code})`, cause);
  }
  const tensors: Record<string, tf.Tensor> = {};
  try {
    let found = 0;
    const read = async (length: number) => {
      const { buffer, bytesRead } = await handle.read(new Uint8Array(length), 0, length);
      if (bytesRead < length) throw invalid(file, 'is truncated');
      found = crc32(buffer, found);
      return buffer;
    };
    const headerBytes = Number(Buffer.from(await read(8)).readBigUInt64LE());
    if (headerBytes > maxHeaderBytes) throw invalid(file, 'is damaged');
    const { __metadata__: metadata, ...entries } = parseHeader(await read(headerBytes), file);
    for (const [name, { shape, data_offsets: offsets }] of Object.entries(entries)) {
      const values = new Float32Array((await read(offsets[1] - offsets[0])).buffer);
      tensors[name] = tf.tensor(values, shape);
    }
    if (found !== crc) throw invalid(file, 'is damaged');
    return { state: JSON.parse(metadata?.state ?? 'null', readInfinity), tensors };
  } catch (error) {
    tf.dispose(tensors);
    throw error;
  } finally {
    await handle.close();
  }
}

function parseHeader(bytes: Uint8Array, file: string): Header {
  try {
    return JSON.parse(Buffer.from(bytes).toString('utf8')) as Header;
  } catch (cause) {
    throw invalid(file, 'is damaged', cause);
  }
}

function invalid(file: string, reason: string, cause?: unknown): AutoencoderError {
  return new AutoencoderError(
    'CHECKPOINT_INVALID',
    `${file}: expected the checkpoint that was saved, which ${reason}.`,
    {
      cause,
    },
  );
}
