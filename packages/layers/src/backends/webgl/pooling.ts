import type * as tf from '@tensorflow/tfjs-core';
import { MaxPoolWithArgmax, type MaxPoolWithArgmaxAttrs } from '../../contracts/pooling-kernels';
import { poolInfoOf } from '../shared/pool-info';
import { checkPositions, runShader } from './program';

/*
 * Values are compared as integers with the same order, which follows the rules exactly: NaN is above Infinity, -0 is 0, and subnormal
 * numbers count. Comparing floats would not work: GPU drivers differ in how they treat NaN.
 */
const findMaximum = `
const int NAN_ORDER = 0x7fffffff;
int order(float value) {
  int bits = floatBitsToInt(value);
  int magnitude = bits & 0x7fffffff;
  if (magnitude > 0x7f800000) return NAN_ORDER;
  return bits < 0 ? -magnitude : magnitude;
}
ivec2 findMaximum(ivec4 place) {
  int top = place.y * STRIDE_HEIGHT - PAD_TOP;
  int left = place.z * STRIDE_WIDTH - PAD_LEFT;
  int firstRow = max(top, 0);
  int firstColumn = max(left, 0);
  int endRow = min(top + FILTER_HEIGHT, HEIGHT);
  int endColumn = min(left + FILTER_WIDTH, WIDTH);
  ivec2 best = ivec2(firstRow, firstColumn);
  int bestOrder = order(getX(place.x, firstRow, firstColumn, place.w));
  for (int row = firstRow; row < endRow; row++) {
    for (int column = firstColumn; column < endColumn; column++) {
      int challenger = order(getX(place.x, row, column, place.w));
      if (challenger > bestOrder || challenger == NAN_ORDER) {
        best = ivec2(row, column);
        bestOrder = challenger;
      }
    }
  }
  return best;
}`;

const indexOfMaximum = `${findMaximum}
void main() {
  ivec4 place = getOutputCoords();
  ivec2 best = findMaximum(place);
  int index = (best.x * WIDTH + best.y) * CHANNELS + place.w;
  setOutput(float(index + place.x * IMAGE_OFFSET));
}`;

const valueOfMaximum = `${findMaximum}
void main() {
  ivec4 place = getOutputCoords();
  ivec2 best = findMaximum(place);
  setOutput(getX(place.x, best.x, best.y, place.w));
}`;

export const maxPoolWithArgmax: tf.KernelFunc = ({ inputs, backend, attrs }) => {
  const { x } = inputs as { x: tf.TensorInfo };
  const pooling = attrs as unknown as MaxPoolWithArgmaxAttrs;
  const { includeBatchInIndex } = pooling;
  const info = poolInfoOf(x, pooling);
  const imageSize = info.inHeight * info.inWidth * info.inChannels;
  checkPositions(MaxPoolWithArgmax, includeBatchInIndex ? info.batchSize * imageSize : imageSize);
  const constants = {
    HEIGHT: info.inHeight,
    WIDTH: info.inWidth,
    STRIDE_HEIGHT: info.strideHeight,
    STRIDE_WIDTH: info.strideWidth,
    FILTER_HEIGHT: info.filterHeight,
    FILTER_WIDTH: info.filterWidth,
    PAD_TOP: info.padInfo.top,
    PAD_LEFT: info.padInfo.left,
  };
  const values = runShader(backend, {
    shape: info.outShape,
    inputs: { x },
    dtype: x.dtype,
    constants,
    code: valueOfMaximum,
  });
  const indices = runShader(backend, {
    shape: info.outShape,
    inputs: { x },
    dtype: 'int32',
    constants: { ...constants, CHANNELS: info.inChannels, IMAGE_OFFSET: includeBatchInIndex ? imageSize : 0 },
    code: indexOfMaximum,
  });
  return [values, indices];
};
