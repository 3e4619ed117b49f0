/**
 * A checkpoint as one safetensors file: float32 tensors by name, and a state of plain data as JSON in its metadata. Any reader of
 * safetensors can open it. https://github.com/huggingface/safetensors#format
 */
import { constants } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { crc32 } from '@ae/ground/crc';
import { readInto } from '@ae/layers/ops';
import * as tf from '@tensorflow/tfjs-core';
import { AutoencoderError } from '../../errors/errors';
import { writeFileAtomically } from '../../files/atomic-file';
import { parseJson, Unexpected, writeJson } from '../../files/expectations';
import { encodeSafetensorsHeader, type TensorPlace } from '../../files/safetensors-header';
import { findNotFinite } from '../../network/not-finite';
import { notReadable, openRunFile } from '../run-file';
import { checkpointFormat } from './checkpoint-format';
import { type CheckpointHeader, parseCheckpointHeader } from './checkpoint-header';

/** Maximum size of a header: a damaged length must not request gigabytes. */
const maxHeaderBytes = 100e6;

/** The types of Node.js include only its interfaces. */
declare const WebAssembly: { Memory: new (descriptor: { initial: number }) => { readonly buffer: ArrayBuffer } };

/** How much is written at once: a multiple of `blockBytes`. */
const pieceBytes = 2 ** 25;

/** Direct writes are multiples of this, in memory and in the file, on all common disks. */
const blockBytes = 4096;

/** A copy of a checkpoint's contents as the bytes of its file, which does not change while training continues. */
export interface Snapshot {
  readonly bytes: Uint8Array;
  /** Describes the first tensor with a value that is not finite, if there is one. */
  readonly notFinite?: string;
}

/** Copies a state and tensors into the memory of `former` if it is large enough; `former` is invalid afterwards. */
export async function takeSnapshot(
  state: object,
  tensors: Readonly<Record<string, tf.Tensor>>,
  former?: Snapshot,
): Promise<Snapshot> {
  const header = encodeHeader(state, tensors);
  const size = Object.values(tensors).reduce((sum, tensor) => sum + tensor.size, 0);
  const length = header.length + 4 * size;
  // Touching new memory for the first time takes longer than copying.
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
    if (value !== undefined) notFinite ??= `${name} contains ${value}`;
    at += tensor.size;
  }
  return { bytes, notFinite };
}

/** Allocates memory that starts and ends at a block, as direct writes require, if possible. */
function reserve(length: number): ArrayBufferLike {
  const pageBytes = 65536;
  try {
    // With a reserve, because the state grows a little with each epoch.
    return new WebAssembly.Memory({ initial: Math.ceil(length / pageBytes) + 1 }).buffer;
  } catch {
    return new ArrayBuffer(length);
  }
}

/**
 * Writes a checkpoint, which appears complete or not at all, and returns the CRC-32 of the file. Needs little time of the calling thread.
 */
export async function writeCheckpointFile(file: string, { bytes }: Snapshot): Promise<number> {
  // Bypasses the system's cache: nobody will read the file soon, and making room for it there costs much more than writing.
  const { O_DIRECT = 0 } = constants as { O_DIRECT?: number };
  try {
    return await writePieces(file, bytes, O_DIRECT);
  } catch (error) {
    // Some file systems do not support direct writes, or require larger blocks, and report it with different errors.
    if (O_DIRECT === 0 || (error as NodeJS.ErrnoException).code === 'ENOSPC') throw error;
    return writePieces(file, bytes, 0);
  }
}

async function writePieces(file: string, bytes: Uint8Array, flags: number): Promise<number> {
  const { buffer, length } = bytes;
  // The bytes that fill up the last block are cut off again.
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

/** Written at once: FileHandle.writeFile's chunks are so small that a busy event loop takes long to get through them. */
async function writeWhole(handle: FileHandle, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length; ) at += (await handle.write(bytes, at)).bytesWritten;
}

function encodeHeader(state: object, tensors: Readonly<Record<string, tf.Tensor>>): Buffer {
  const listed = Object.entries(tensors).map(([name, { shape, size }]) => ({
    name,
    dtype: 'F32',
    shape,
    bytes: 4 * size,
  }));
  return encodeSafetensorsHeader({ format: checkpointFormat, state: writeJson(state) }, listed);
}

/** The contents of a checkpoint; the caller disposes of the tensors. */
export interface Checkpoint {
  readonly state: unknown;
  readonly tensors: Readonly<Record<string, tf.Tensor>>;
}

/**
 * Reads a checkpoint. Throws CHECKPOINT_INVALID if it is proven not to be the file that was written, because its CRC-32 differs from `crc`
 * (null: unknown) or it contains something impossible; NOT_READABLE if the system could not read it.
 */
export async function readCheckpointFile(file: string, crc: number | null): Promise<Checkpoint> {
  let handle: FileHandle | undefined;
  try {
    handle = await openRunFile(file);
    const { size } = await handle.stat();
    // Before anything in it is trusted.
    if (crc !== null) await checkCrc(handle, size, crc);
    const { header, start } = await readHeader(handle, size);
    const state = parseJson(header.state);
    return { state, tensors: await readTensors(handle, start, header.places) };
  } catch (error) {
    if (error instanceof Unexpected) throw damaged(file, error);
    throw (error as NodeJS.ErrnoException).code === 'ENOENT' ? missing(file, error) : notReadable(file, error);
  } finally {
    await handle?.close();
  }
}

async function checkCrc(handle: FileHandle, size: number, expected: number): Promise<void> {
  const piece = new Uint8Array(Math.min(size, pieceBytes));
  let found = 0;
  for (let at = 0; at < size; at += piece.length) {
    const part = piece.subarray(0, Math.min(piece.length, size - at));
    await readWhole(handle, part, at);
    found = crc32(part, found);
  }
  if (found !== expected) throw new Unexpected('its checksum differs from the one recorded when it was saved');
}

async function readHeader(handle: FileHandle, size: number): Promise<{ header: CheckpointHeader; start: number }> {
  if (size < 8) throw new Unexpected(`it has ${size} bytes, too few for a header`);
  const length = Buffer.alloc(8);
  await readWhole(handle, length, 0);
  const headerBytes = Number(length.readBigUInt64LE());
  if (headerBytes > Math.min(maxHeaderBytes, size - 8)) {
    throw new Unexpected(`its header claims ${headerBytes} bytes of a file of ${size}`);
  }
  const bytes = new Uint8Array(headerBytes);
  await readWhole(handle, bytes, 8);
  const start = 8 + headerBytes;
  return { header: parseCheckpointHeader(bytes, size - start), start };
}

async function readTensors(handle: FileHandle, start: number, places: readonly TensorPlace[]) {
  // No name refers to properties that all objects have.
  const tensors: Record<string, tf.Tensor> = Object.create(null);
  try {
    for (const { name, shape, begin, bytes } of places) {
      const values = new Float32Array(bytes / 4);
      await readWhole(handle, new Uint8Array(values.buffer), start + begin);
      const value = values.find((each) => !Number.isFinite(each));
      if (value !== undefined) throw new Unexpected(`tensor ${JSON.stringify(name)} contains ${value}`);
      tensors[name] = tf.tensor(values, [...shape]);
    }
    return tensors;
  } catch (error) {
    tf.dispose(tensors);
    throw error;
  }
}

async function readWhole(handle: FileHandle, into: Uint8Array, position: number): Promise<void> {
  for (let at = 0; at < into.length; ) {
    const { bytesRead } = await handle.read(into, at, into.length - at, position + at);
    if (bytesRead === 0) throw new Unexpected('it ended while being read');
    at += bytesRead;
  }
}

/** Makes the CHECKPOINT_INVALID error for what is wrong with a file. */
export function damaged(file: string, { message, cause }: Unexpected): AutoencoderError {
  return new AutoencoderError('CHECKPOINT_INVALID', `${file} is damaged: ${message}.`, { cause });
}

function missing(file: string, cause: unknown): AutoencoderError {
  return new AutoencoderError('CHECKPOINT_INVALID', `${file} is missing.`, { cause });
}
