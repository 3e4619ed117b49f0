/** Conversion between images and tensors. TensorFlow.js is recognized by its methods: this package does not depend on it. */
import { refused } from '../errors';
import type { Pixels } from './pixels';

/** The part of TensorFlow.js that is used. */
export interface TensorMaker<T> {
  tensor3d(values: Int32Array, shape: [number, number, number], dtype: 'int32'): T;
}

/** The part of a tensor that is used. */
export interface TensorLike {
  readonly shape: readonly number[];
  readonly dtype: string;
  data(): Promise<ArrayLike<number>>;
}

/** Returns a tensor's numbers as bytes; see `fromTensor`. */
export async function pixelsOfTensor(tensor: TensorLike): Promise<Pixels> {
  const { shape, dtype } = (tensor ?? {}) as Partial<TensorLike>;
  const isTensor = Array.isArray(shape) && typeof tensor.data === 'function';
  const [height, width, channels = 1] = isTensor ? shape : [];
  const isImage = isTensor && (shape.length === 2 || shape.length === 3) && [1, 3, 4].includes(channels);
  if (!isImage || !(height > 0 && width > 0)) {
    const expected = 'a tensor [height, width] or [height, width, 1 | 3 | 4]';
    throw refused('fromTensor', expected, isTensor ? `a tensor [${shape.join(', ')}]` : tensor);
  }
  if (dtype !== 'float32' && dtype !== 'int32') throw refused('fromTensor', 'a tensor of float32 or int32', dtype);
  const values = (await tensor.data()) ?? [];
  const count = height * width * channels;
  if (values.length !== count) throw refused('fromTensor, number of values', String(count), values.length);
  // Rounds to the nearest byte, and clamps.
  const bytes = new Uint8ClampedArray(values.length);
  const scale = dtype === 'float32' ? 255 : 1;
  for (let i = 0; i < bytes.length; i++) bytes[i] = values[i] * scale;
  return { data: new Uint8Array(bytes.buffer), height, width, channels };
}
