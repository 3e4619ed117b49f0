/**
 * A checkpoint as one safetensors file: float32 tensors by name, and a state of plain data as JSON in its metadata. Any
 * reader of safetensors opens it. https://github.com/huggingface/safetensors#format
 */
import { createHash } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import * as tf from '@tensorflow/tfjs-core';
import { AutoencoderError } from '../errors';
import { writeFileAtomically } from './atomic-file';

export const checkpointFormat = 'ae-checkpoint-1';

/** Largest header that is taken for one: a damaged length must not ask for gigabytes. */
const maxHeaderBytes = 100e6;

interface TensorEntry {
  readonly dtype: 'F32';
  readonly shape: number[];
  readonly data_offsets: [begin: number, end: number];
}

type Header = Record<string, TensorEntry> & { __metadata__?: Record<string, string> };

/** Writes a checkpoint, whole or not at all, and returns the SHA-256 of the file. Throws DIVERGED for values that are not finite. */
export async function writeCheckpointFile(
  file: string,
  state: object,
  tensors: Readonly<Record<string, tf.Tensor>>,
): Promise<string> {
  const digest = createHash('sha256');
  await writeFileAtomically(file, async (handle) => {
    const write = async (bytes: Uint8Array) => {
      digest.update(bytes);
      await handle.writeFile(bytes);
    };
    await write(encodeHeader(state, tensors));
    for (const [name, tensor] of Object.entries(tensors)) {
      const values = (await tensor.data()) as Float32Array;
      checkFinite(name, values);
      await write(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
    }
  });
  return digest.digest('hex');
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

function checkFinite(name: string, values: Float32Array): void {
  for (let i = 0; i < values.length; i++) {
    if (Number.isFinite(values[i])) continue;
    throw new AutoencoderError('DIVERGED', `checkpoint: expected finite numbers in ${name}, received ${values[i]}.`);
  }
}

/** What a checkpoint holds; the caller disposes of the tensors. */
export interface Checkpoint {
  readonly state: unknown;
  readonly tensors: Readonly<Record<string, tf.Tensor>>;
}

/** Reads a checkpoint; throws CHECKPOINT_INVALID when it is not the file of that SHA-256. */
export async function readCheckpointFile(file: string, sha256: string): Promise<Checkpoint> {
  let handle: FileHandle;
  try {
    handle = await open(file, 'r');
  } catch (cause) {
    throw invalid(file, `could not be opened (${(cause as NodeJS.ErrnoException).code})`, cause);
  }
  const tensors: Record<string, tf.Tensor> = {};
  try {
    const digest = createHash('sha256');
    const read = async (length: number) => {
      const { buffer, bytesRead } = await handle.read(new Uint8Array(length), 0, length);
      if (bytesRead < length) throw invalid(file, 'is truncated');
      digest.update(buffer);
      return buffer;
    };
    const headerBytes = Number(Buffer.from(await read(8)).readBigUInt64LE());
    if (headerBytes > maxHeaderBytes) throw invalid(file, 'is damaged');
    const { __metadata__: metadata, ...entries } = parseHeader(await read(headerBytes), file);
    for (const [name, { shape, data_offsets: offsets }] of Object.entries(entries)) {
      const values = new Float32Array((await read(offsets[1] - offsets[0])).buffer);
      tensors[name] = tf.tensor(values, shape);
    }
    if (digest.digest('hex') !== sha256) throw invalid(file, 'is damaged');
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
