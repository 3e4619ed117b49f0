import path from 'node:path';
import { crc32 } from '@ae/ground/crc';
import * as tf from '@tensorflow/tfjs-core';
import type { Place } from './place';

/** One weight as described in weightsManifest of model.json. */
export type WeightSpec = tf.io.WeightsManifestEntry;

/** Weights that are stored one after the other in one or more files of the model's folder. */
export interface WeightGroup {
  readonly files: readonly string[];
  readonly specs: readonly WeightSpec[];
  readonly bytes: number;
  /** Checksum of all bytes, in eight hexadecimal digits; missing in models of other programs. */
  readonly checksum?: string;
}

/** More numbers than fit in the memory of any engine. */
export const maxWeightBytes = 2 ** 31 - 1;

const sizes = { float32: 4, int32: 4, bool: 1, uint8: 1, uint16: 2, float16: 2 };
const maxSize = 2 ** 31 - 1;

/** Returns the checksum that `save` writes with the weights and `load` compares. */
export function checksumOf(bytes: Uint8Array): string {
  return crc32(bytes).toString(16).padStart(8, '0');
}

/**
 * Checks weightsManifest: types, sizes, and that its files are in the folder. `checksum` is that of its only group, if the group has none
 * itself. Throws MODEL_INVALID.
 */
export function checkManifest(manifest: unknown, place: Place, checksum?: string): WeightGroup[] {
  const names = new Set<string>();
  let total = 0;
  const groups = place.list(manifest).map((entry, i) => {
    const group = checkGroup(entry, place.at(i), names);
    total += group.specs.reduce((sum, { shape }) => sum + 4 * tf.util.sizeFromShape(shape), 0);
    return group;
  });
  if (total <= maxWeightBytes) {
    const [only] = groups;
    return groups.length === 1 && checksum !== undefined ? [{ checksum, ...only }] : groups;
  }
  throw place.error(`expected weights of at most ${maxWeightBytes} bytes, received ${total}`);
}

function checkGroup(value: unknown, place: Place, names: Set<string>): WeightGroup {
  const { paths, weights, crc32: checksum } = place.object(value);
  const files = place
    .at('paths')
    .list(paths)
    .map((file, i) => checkPath(file, place.at('paths').at(i)));
  const specs = place
    .at('weights')
    .list(weights)
    .map((spec, i) => checkSpec(spec, place.at('weights').at(i), names));
  if (checksum !== undefined && !(typeof checksum === 'string' && /^[0-9a-f]{8}$/.test(checksum))) {
    throw place.at('crc32').unlike('eight hexadecimal digits', checksum);
  }
  const bytes = specs.reduce((sum, spec) => sum + storedBytes(spec), 0);
  return { files, specs, bytes, ...(checksum !== undefined && { checksum }) };
}

function checkPath(value: unknown, place: Place): string {
  const file = place.text(value, 255);
  const outside = path.isAbsolute(file) || /[\\:\0]/.test(file) || file.split('/').includes('..');
  if (!outside) return file;
  throw place.unlike('a file in the folder of the model', value);
}

function checkSpec(value: unknown, place: Place, names: Set<string>): WeightSpec {
  const spec = place.object(value);
  const name = place.at('name').text(spec.name);
  if (name === '__proto__') throw place.at('name').unlike('the name of a weight', name);
  if (names.has(name))
    throw place.at('name').error(`expected each weight once, received ${JSON.stringify(name)} twice`);
  names.add(name);
  const shape = place.at('shape').list(spec.shape, 8);
  const count = shape.reduce<number>((product, size, i) => {
    return product * place.at('shape').at(i).integer(size, 1, maxSize);
  }, 1);
  if (count > maxSize) throw place.at('shape').error(`expected at most ${maxSize} numbers, received ${count}`);
  if (!['float32', 'int32', 'bool'].includes(spec.dtype as string)) {
    throw place.at('dtype').unlike('"float32", "int32" or "bool"', spec.dtype);
  }
  if (spec.quantization !== undefined) checkQuantization(spec.quantization, spec.dtype, place.at('quantization'));
  return spec as unknown as WeightSpec;
}

function checkQuantization(value: unknown, original: unknown, place: Place): void {
  const { dtype, scale, min } = place.object(value);
  if (original !== 'float32') throw place.error(`expected none for a weight of ${original}, received one`);
  if (dtype === 'float16') return;
  if (dtype !== 'uint8' && dtype !== 'uint16') throw place.at('dtype').unlike('"float16", "uint8" or "uint16"', dtype);
  for (const [name, number] of Object.entries({ scale, min })) {
    if (!Number.isFinite(number)) throw place.at(name).unlike('a number', number);
  }
}

function storedBytes({ shape, dtype, quantization }: WeightSpec): number {
  return tf.util.sizeFromShape(shape) * sizes[(quantization?.dtype ?? dtype) as keyof typeof sizes];
}

/** Compares the bytes with the manifest and converts them to tensors by name, which the caller disposes of. */
export function decodeWeights(group: WeightGroup, bytes: Uint8Array, file: Place): tf.NamedTensorMap {
  if (bytes.length !== group.bytes) {
    throw file.error(
      `expected ${group.bytes} bytes of weights, received ${bytes.length}; the file is truncated or belongs to another model`,
    );
  }
  if (group.checksum !== undefined && checksumOf(bytes) !== group.checksum) {
    throw file.error(
      `expected weights with the checksum ${group.checksum}, received ${checksumOf(bytes)}; the file is damaged or belongs to another model`,
    );
  }
  const { buffer, byteOffset, byteLength } = bytes;
  const whole = byteOffset === 0 && byteLength === buffer.byteLength ? buffer : bytes.slice().buffer;
  return tf.io.decodeWeights(whole as ArrayBuffer, [...group.specs]);
}
