/** Files of named tensors, as PyTorch users exchange them. https://github.com/huggingface/safetensors#format */
import { writeFileAtomically } from '../files/atomic-file';
import { Unexpected } from '../files/expectations';
import { invalidFile, readModelFile } from '../files/model-file';
import { encodeSafetensorsHeader, parseSafetensorsHeader } from '../files/safetensors-header';
import { halfToNumber } from './half-floats';

/** A tensor to be written; the bytes are little-endian values. */
export interface SafetensorsTensor {
  readonly name: string;
  readonly type: 'F32' | 'I64';
  readonly shape: readonly number[];
  readonly bytes: Uint8Array;
}

/** A tensor that was read, with its values as float32. */
export interface ReadTensor {
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

export interface SafetensorsFile {
  readonly tensors: ReadonlyMap<string, ReadTensor>;
  readonly metadata: Readonly<Record<string, string>>;
}

/** Bytes per number. */
const dtypes = { F64: 8, F32: 4, F16: 2, BF16: 2, I64: 8 };

/** More than the weights of any network here, at 8 bytes each. */
const maxBytes = 2 ** 33;

/** Writes a file, which appears complete or not at all. */
export async function writeSafetensors(
  file: string,
  tensors: readonly SafetensorsTensor[],
  metadata: Readonly<Record<string, string>>,
): Promise<void> {
  // Those of 8 bytes first, so that all are aligned.
  const ordered = [...tensors].sort((a, b) => dtypes[b.type] - dtypes[a.type]);
  const listed = ordered.map(({ name, type, shape, bytes }) => ({ name, dtype: type, shape, bytes: bytes.length }));
  await writeFileAtomically(file, async (handle) => {
    await handle.writeFile(encodeSafetensorsHeader(metadata, listed));
    for (const { bytes } of ordered) await handle.writeFile(bytes);
  });
}

/** Reads an untrusted file. Throws MODEL_NOT_FOUND, MODEL_INVALID. */
export async function readSafetensors(file: string): Promise<SafetensorsFile> {
  const bytes = await readModelFile(file, maxBytes);
  try {
    return parse(bytes);
  } catch (cause) {
    if (!(cause instanceof Unexpected)) throw cause;
    throw invalidFile(file, `it is not a readable safetensors file: ${cause.message}`, todoFor(bytes), cause);
  }
}

/** How other files of weights begin. */
function todoFor(bytes: Uint8Array): string | undefined {
  const isZip = bytes[0] === 0x50 && bytes[1] === 0x4b;
  return isZip || bytes[0] === 0x80
    ? 'if torch.save wrote it, save the state_dict with safetensors.torch.save_file instead'
    : undefined;
}

function parse(bytes: Uint8Array): SafetensorsFile {
  if (bytes.length < 8) throw new Unexpected(`it has ${bytes.length} bytes, too few for a header`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const length = Number(view.getBigUint64(0, true));
  if (length > bytes.length - 8) throw new Unexpected(`its header claims ${length} bytes of a file of ${bytes.length}`);
  const values = bytes.subarray(8 + length);
  const { places, metadata = {} } = parseSafetensorsHeader(bytes.subarray(8, 8 + length), values.length, dtypes);
  const tensors = new Map<string, ReadTensor>();
  for (const { name, dtype, shape, begin, bytes: count } of places) {
    const part = values.slice(begin, begin + count);
    tensors.set(name, { shape, values: decoders[dtype as keyof typeof dtypes](part) });
  }
  return { tensors, metadata };
}

const decoders: Readonly<Record<keyof typeof dtypes, (bytes: Uint8Array) => Float32Array>> = {
  F32: ({ buffer }) => new Float32Array(buffer as ArrayBuffer),
  F64: ({ buffer }) => Float32Array.from(new Float64Array(buffer as ArrayBuffer)),
  I64: ({ buffer }) => Float32Array.from(new BigInt64Array(buffer as ArrayBuffer), Number),
  F16: ({ buffer }) => Float32Array.from(new Uint16Array(buffer as ArrayBuffer), halfToNumber),
  // The upper half of a float32.
  BF16: ({ buffer }) =>
    new Float32Array(Uint32Array.from(new Uint16Array(buffer as ArrayBuffer), (bits) => bits << 16).buffer),
};
