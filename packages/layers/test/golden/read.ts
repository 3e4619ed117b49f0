/** Reads the golden files that `generate.py` made with PyTorch. */
import { readFileSync } from 'node:fs';
import * as tf from '@tensorflow/tfjs-core';
import type { MaskMode, Padding2D } from '../../src/entries/index';

/** A tensor as it is written in a file. */
export interface GoldenTensor {
  shape: number[];
  /** NaN and infinities are strings. */
  values: (number | 'NaN' | 'Infinity' | '-Infinity')[];
}

/** One pooling, with the gradient of sum(values * dy). */
export interface PoolingCase extends Record<'x' | 'values' | 'indices' | 'dy' | 'dx', GoldenTensor> {
  name: string;
  poolSize: [number, number];
  strides: [number, number];
  padding: Padding2D;
}

/** One unpooling, with the gradient of sum(y * dy). */
export interface UnpoolingCase extends Record<'values' | 'indices' | 'y' | 'dy' | 'dvalues', GoldenTensor> {
  name: string;
  mask: MaskMode;
  /** No index occurs twice in an image. */
  distinct: boolean;
  outputSize: [number, number];
}

/** One convolution with bias, kernel as in TensorFlow, with the gradients of sum(y * dy). */
export interface ConvolutionCase
  extends Record<'x' | 'kernel' | 'bias' | 'y' | 'dy' | 'dx' | 'dkernel' | 'dbias', GoldenTensor> {
  name: string;
  transpose: boolean;
  strides: number;
  padding: 'valid' | 'same';
}

/** A golden file by its name. */
export interface GoldenFiles {
  pooling: PoolingCase[];
  unpooling: UnpoolingCase[];
  kernels: {
    convolutions: ConvolutionCase[];
    matMuls: (Record<'a' | 'b' | 'y' | 'dy' | 'da' | 'db', GoldenTensor> & { name: string })[];
    sums: (Record<'x' | 'y', GoldenTensor> & { axes: number[]; keepDims: boolean })[];
    additions: Record<'a' | 'b' | 'y' | 'dy' | 'da' | 'db', GoldenTensor>[];
    relu: Record<'x' | 'y' | 'dy' | 'dx', GoldenTensor>;
  };
  network: Record<'x' | 'code' | 'y', GoldenTensor> &
    Record<'weights' | 'masks' | 'grads', GoldenTensor[]> & { loss: number };
}

/** Reads one file of `fixtures/`, or of another directory. */
export function readGolden<Name extends keyof GoldenFiles>(
  name: Name,
  directory = new URL('./fixtures/', import.meta.url),
): GoldenFiles[Name] {
  return JSON.parse(readFileSync(new URL(`${name}.json`, directory), 'utf8')) as GoldenFiles[Name];
}

/** Makes a tensor on the current backend. */
export function toTensor<R extends tf.Rank>(
  golden: GoldenTensor,
  dtype: 'float32' | 'int32' = 'float32',
): tf.Tensor<R> {
  const values = golden.values.map(Number);
  const typed = dtype === 'int32' ? Int32Array.from(values) : Float32Array.from(values);
  return tf.tensor(typed, golden.shape as tf.ShapeMap[R], dtype);
}
