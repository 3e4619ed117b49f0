import type * as tf from '@tensorflow/tfjs-core';
import type { MaxPoolWithArgmaxAttrs } from '../../contracts/pooling-kernels';
import { poolInfoOf } from '../shared/pool-info';
import { runShader } from './program';

/*
 * Values are compared as integers with the same order, which follows the rules exactly: NaN is above Infinity, -0 is 0, and subnormal
 * numbers count. Comparing floats would not work: WGSL allows a GPU to assume that there is no NaN, and many flush subnormals.
 */
const floatOrder = `
const NAN_ORDER = 0x7fffffff;
fn order(value : f32) -> i32 {
  let bits = bitcast<i32>(value);
  let magnitude = bits & 0x7fffffff;
  if (magnitude > 0x7f800000) { return NAN_ORDER; }
  return select(magnitude, -magnitude, bits < 0);
}
fn wins(challenger : i32, best : i32) -> bool { return challenger > best || challenger == NAN_ORDER; }`;

const intOrder = `
fn order(value : i32) -> i32 { return value; }
fn wins(challenger : i32, best : i32) -> bool { return challenger > best; }`;

/** Flat positions of the windows' maxima in x. */
const findMaximum = `
  let out = getCoordsFromIndex(index);
  let inHeight = uniforms.xShape.y;
  let inWidth = uniforms.xShape.z;
  let channels = uniforms.xShape.w;
  let top = out.y * uniforms.strideHeight - uniforms.padTop;
  let left = out.z * uniforms.strideWidth - uniforms.padLeft;
  let firstRow = max(top, 0);
  let firstColumn = max(left, 0);
  let endRow = min(top + uniforms.filterHeight, inHeight);
  let endColumn = min(left + uniforms.filterWidth, inWidth);
  let image = out.x * inHeight * inWidth * channels;
  var best = image + (firstRow * inWidth + firstColumn) * channels + out.w;
  var bestOrder = order(x[best]);
  for (var row = firstRow; row < endRow; row = row + 1) {
    for (var column = firstColumn; column < endColumn; column = column + 1) {
      let position = image + (row * inWidth + column) * channels + out.w;
      let challenger = order(x[position]);
      if (wins(challenger, bestOrder)) {
        best = position;
        bestOrder = challenger;
      }
    }
  }
  result[index] = best - (1 - uniforms.includeBatch) * image;`;

const readMaximum = `
  let out = getCoordsFromIndex(index);
  let image = out.x * uniforms.xShape.y * uniforms.xShape.z * uniforms.xShape.w;
  result[index] = x[indices[index] + (1 - uniforms.includeBatch) * image];`;

export const maxPoolWithArgmax: tf.KernelFunc = ({ inputs, backend, attrs }) => {
  const { x } = inputs as { x: tf.TensorInfo };
  const pooling = attrs as unknown as MaxPoolWithArgmaxAttrs;
  const { includeBatchInIndex } = pooling;
  const info = poolInfoOf(x, pooling);
  const includeBatch = includeBatchInIndex ? 1 : 0;
  const indices = runShader(backend, {
    name: `maxPoolIndices_${x.dtype}`,
    shape: info.outShape,
    inputs: { x },
    uniforms: {
      strideHeight: info.strideHeight,
      strideWidth: info.strideWidth,
      filterHeight: info.filterHeight,
      filterWidth: info.filterWidth,
      padTop: info.padInfo.top,
      padLeft: info.padInfo.left,
      includeBatch,
    },
    dtype: 'int32',
    functions: x.dtype === 'float32' ? floatOrder : intOrder,
    body: findMaximum,
  });
  const values = runShader(backend, {
    name: 'maxPoolValues',
    shape: info.outShape,
    inputs: { x, indices },
    uniforms: { includeBatch },
    dtype: x.dtype,
    body: readMaximum,
  });
  return [values, indices];
};
