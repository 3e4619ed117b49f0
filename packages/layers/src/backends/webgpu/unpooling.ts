import * as tf from '@tensorflow/tfjs-core';
import type { MaxPoolWithArgmaxGradAttrs, MaxUnpoolAttrs } from '../../contracts/pooling-kernels';
import { runShader, type WebgpuBackend } from './program';

/*
 * Nothing here adds with atomics: each element of the output looks for the values that belong to it, in the order of the reference, so
 * results are the same in every run. To limit the search, it first determines which rows and columns of the mask can contain an index of
 * its row and column. That requires no knowledge of the pool: any mask is supported, and those of a pool are fast.
 */

type Shape4D = [number, number, number, number];

/** The meaning of an index. `M` is the mask's number of channels, `C` the values'. */
const decode = `
struct Position { valid : bool, row : i32, column : i32, channel : i32 };
fn decode(maskIndex : i32, channels : i32) -> Position {
  let maskChannels = uniforms.indicesShape.w;
  let pixel = maskIndex / maskChannels;
  let channel = maskIndex % maskChannels;
  let inside = maskIndex >= 0 && pixel < uniforms.outputHeight * uniforms.outputWidth && channel < channels;
  return Position(inside, pixel / uniforms.outputWidth, pixel % uniforms.outputWidth, channel);
}`;

/**
 * For each row of the mask, then each column: the smallest and largest row (column) it refers to, and whether it refers to channels other
 * than its own.
 */
const bounds = `
  let out = getCoordsFromIndex(index);
  let height = uniforms.indicesShape.y;
  let width = uniforms.indicesShape.z;
  let isRow = out.y < height;
  let across = select(height, width, isRow);
  var least = 0x7fffffff;
  var greatest = -1;
  var foreign = 0;
  for (var i = 0; i < across; i = i + 1) {
    let row = select(i, out.y, isRow);
    let column = select(out.y - height, i, isRow);
    for (var c = 0; c < uniforms.channels; c = c + 1) {
      let maskIndex = indices[((out.x * height + row) * width + column) * uniforms.indicesShape.w + c];
      let position = decode(maskIndex, uniforms.channels);
      if (position.valid) {
        let along = select(position.column, position.row, isRow);
        least = min(least, along);
        greatest = max(greatest, along);
        if (position.channel != c) { foreign = 1; }
      }
    }
  }
  if (out.z == 0) { result[index] = least; }
  if (out.z == 1) { result[index] = greatest; }
  if (out.z == 2) { result[index] = foreign; }`;

/**
 * For each row of the output, then each column: the first and last row (column) of the mask that may refer to it, and whether one refers to
 * other channels.
 */
const ranges = `
  let out = getCoordsFromIndex(index);
  let isRow = out.y < uniforms.outputHeight;
  let along = select(out.y - uniforms.outputHeight, out.y, isRow);
  let start = select(uniforms.maskHeight, 0, isRow);
  let count = select(uniforms.boundsShape.y - uniforms.maskHeight, uniforms.maskHeight, isRow);
  var first = count;
  var last = -1;
  var foreign = 0;
  for (var k = 0; k < count; k = k + 1) {
    let entry = (out.x * uniforms.boundsShape.y + start + k) * 3;
    if (bounds[entry] <= along && along <= bounds[entry + 1]) {
      first = min(first, k);
      last = k;
      foreign = max(foreign, bounds[entry + 2]);
    }
  }
  if (out.z == 0) { result[index] = first; }
  if (out.z == 1) { result[index] = last; }
  if (out.z == 2) { result[index] = foreign; }`;

/** Walks through the values that refer to an element of the output, in row-major order. */
const collect = (combine: string) => `
  let out = getCoordsFromIndex(index);
  let channels = uniforms.valuesShape.w;
  let height = uniforms.valuesShape.y;
  let width = uniforms.valuesShape.z;
  let wanted = (out.y * uniforms.outShape.z + out.z) * uniforms.indicesShape.w + out.w;
  let rows = (out.x * uniforms.rangesShape.y + out.y) * 3;
  let columns = (out.x * uniforms.rangesShape.y + uniforms.outShape.y + out.z) * 3;
  let foreign = ranges[rows + 2] == 1 && ranges[columns + 2] == 1;
  let firstChannel = select(out.w, 0, foreign);
  let lastChannel = select(out.w, channels - 1, foreign);
  var collected = 0.0;
  for (var row = ranges[rows]; row <= ranges[rows + 1]; row = row + 1) {
    for (var column = ranges[columns]; column <= ranges[columns + 1]; column = column + 1) {
      let pixel = (out.x * height + row) * width + column;
      for (var c = firstChannel; c <= lastChannel; c = c + 1) {
        if (indices[pixel * uniforms.indicesShape.w + c] == wanted) { ${combine} }
      }
    }
  }
  result[index] = collected;`;

const LAST = 'collected = values[pixel * channels + c];';
const SUM = 'collected = collected + values[pixel * channels + c];';

function gather(
  backend: object,
  name: string,
  combine: string,
  values: tf.TensorInfo,
  indices: tf.TensorInfo,
  [outputHeight, outputWidth]: readonly [number, number],
): tf.TensorInfo {
  const [batch, height, width, channels] = values.shape as Shape4D;
  const boundsInfo = runShader(backend, {
    name: 'indexBounds',
    shape: [batch, height + width, 3],
    inputs: { indices },
    uniforms: { outputHeight, outputWidth, channels },
    dtype: 'int32',
    functions: decode,
    body: bounds,
  });
  const rangesInfo = runShader(backend, {
    name: 'indexRanges',
    shape: [batch, outputHeight + outputWidth, 3],
    inputs: { bounds: boundsInfo },
    uniforms: { outputHeight, maskHeight: height },
    dtype: 'int32',
    body: ranges,
  });
  const y = runShader(backend, {
    name,
    shape: [batch, outputHeight, outputWidth, channels],
    inputs: { values, indices, ranges: rangesInfo },
    dtype: 'float32',
    body: collect(combine),
  });
  for (const { dataId } of [boundsInfo, rangesInfo]) (backend as WebgpuBackend).disposeData(dataId);
  return y;
}

/** Writes values directly to their indices. Correct only if no two share one. */
const scatter = `
  let pixel = index / uniforms.valuesShape.w;
  let channel = index % uniforms.valuesShape.w;
  let position = decode(indices[pixel * uniforms.indicesShape.w + channel], uniforms.valuesShape.w);
  if (position.valid) {
    let image = index / (uniforms.valuesShape.y * uniforms.valuesShape.z * uniforms.valuesShape.w);
    let place = (image * uniforms.outputHeight + position.row) * uniforms.outputWidth + position.column;
    result[place * uniforms.valuesShape.w + position.channel] = values[index];
  }`;

function scatterDistinct(
  backend: object,
  values: tf.TensorInfo,
  indices: tf.TensorInfo,
  [outputHeight, outputWidth]: readonly [number, number],
): tf.TensorInfo {
  const [batch, , , channels] = values.shape as Shape4D;
  const output = runShader(backend, {
    name: 'zeros',
    shape: [batch, outputHeight, outputWidth, channels],
    inputs: {},
    dtype: 'float32',
    body: 'result[index] = 0.0;',
  });
  if (tf.util.sizeFromShape(output.shape) === 0) return output;
  return runShader(backend, {
    name: 'maxUnpoolScatter',
    shape: values.shape,
    inputs: { values, indices },
    uniforms: { outputHeight, outputWidth },
    dtype: 'float32',
    functions: decode,
    body: scatter,
    output,
  });
}

export const maxPoolWithArgmaxGrad: tf.KernelFunc = ({ inputs, backend, attrs }) => {
  const { dy, indices } = inputs as Record<'dy' | 'indices', tf.TensorInfo>;
  const { outputSize } = attrs as unknown as MaxPoolWithArgmaxGradAttrs;
  return gather(backend, 'maxPoolGrad', SUM, dy, indices, outputSize);
};

export const maxUnpool: tf.KernelFunc = ({ inputs, backend, attrs }) => {
  const { values, indices } = inputs as Record<'values' | 'indices', tf.TensorInfo>;
  const { outputSize, distinct } = attrs as unknown as MaxUnpoolAttrs;
  if (distinct) return scatterDistinct(backend, values, indices, outputSize);
  return gather(backend, 'maxUnpool', LAST, values, indices, outputSize);
};

const readAtIndices = `
  let channels = uniforms.outShape.w;
  let position = decode(indices[index / channels * uniforms.indicesShape.w + index % channels], channels);
  if (position.valid) {
    let image = index / (uniforms.outShape.y * uniforms.outShape.z * channels);
    let source = (image * uniforms.outputHeight + position.row) * uniforms.outputWidth + position.column;
    result[index] = dy[source * channels + position.channel];
  } else {
    result[index] = 0.0;
  }`;

export const maxUnpoolGrad: tf.KernelFunc = ({ inputs, backend }) => {
  const { dy, indices } = inputs as Record<'dy' | 'indices', tf.TensorInfo>;
  const [batch, outputHeight, outputWidth, channels] = dy.shape as Shape4D;
  return runShader(backend, {
    name: 'maxUnpoolGrad',
    shape: [batch, indices.shape[1], indices.shape[2], channels],
    inputs: { dy, indices },
    uniforms: { outputHeight, outputWidth },
    dtype: 'float32',
    functions: decode,
    body: readAtIndices,
  });
};

/** `{dy, y}`: dy where y > 0. One pass, where `dy * step(x)` takes three. */
export const reluGrad: tf.KernelFunc = ({ inputs, backend }) => {
  const { dy, y } = inputs as Record<'dy' | 'y', tf.TensorInfo>;
  return runShader(backend, {
    name: 'reluGrad',
    shape: y.shape,
    inputs: { dy, y },
    dtype: 'float32',
    body: 'result[index] = select(0.0, dy[index], y[index] > 0.0);',
  });
};
