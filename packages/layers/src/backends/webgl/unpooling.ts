import type * as tf from '@tensorflow/tfjs-core';
import {
  MaxPoolWithArgmaxGrad,
  type MaxPoolWithArgmaxGradAttrs,
  MaxUnpool,
  type MaxUnpoolAttrs,
  MaxUnpoolGrad,
} from '../../contracts/pooling-kernels';
import { checkPositions, runShader, type WebglBackend } from './program';

/*
 * A fragment shader cannot write to arbitrary positions, so each element of the output looks for the values that belong to it, in the order
 * of the reference. To limit the search, it first determines which rows and columns of the mask can contain an index of its row and column.
 * That requires no knowledge of the pool: any mask is supported, and those of a pool are fast.
 */

type Shape4D = [number, number, number, number];

/** The meaning of an index: (row, column, channel), with row -1 if it is invalid. MASK_CHANNELS may exceed CHANNELS. */
const decode = `
ivec3 decode(float maskIndex) {
  // Compared as a float: an integer beyond int32 is a float of any kind here.
  if (!(maskIndex >= 0.0 && maskIndex < float(OUTPUT_HEIGHT * OUTPUT_WIDTH * MASK_CHANNELS))) return ivec3(-1);
  int index = int(maskIndex);
  int pixel = index / MASK_CHANNELS;
  int channel = index - pixel * MASK_CHANNELS;
  if (channel >= CHANNELS) return ivec3(-1);
  int row = pixel / OUTPUT_WIDTH;
  return ivec3(row, pixel - row * OUTPUT_WIDTH, channel);
}`;

/**
 * For each row of the mask, then each column: the smallest and largest row (column) it refers to, and whether it refers to channels other
 * than its own.
 */
const bounds = `${decode}
void main() {
  ivec3 place = getOutputCoords();
  bool isRow = place.y < MASK_HEIGHT;
  int across = isRow ? MASK_WIDTH : MASK_HEIGHT;
  int least = 0x7fffff;
  int greatest = -1;
  int foreign = 0;
  for (int i = 0; i < across; i++) {
    int row = isRow ? place.y : i;
    int column = isRow ? i : place.y - MASK_HEIGHT;
    for (int c = 0; c < CHANNELS; c++) {
      ivec3 position = decode(getIndices(place.x, row, column, c));
      if (position.x >= 0) {
        int along = isRow ? position.x : position.y;
        least = min(least, along);
        greatest = max(greatest, along);
        if (position.z != c) foreign = 1;
      }
    }
  }
  setOutput(float(place.z == 0 ? least : place.z == 1 ? greatest : foreign));
}`;

/**
 * For each row of the output, then each column: the first and last row (column) of the mask that may refer to it, and whether one refers to
 * other channels.
 */
const ranges = `
void main() {
  ivec3 place = getOutputCoords();
  bool isRow = place.y < OUTPUT_HEIGHT;
  float along = float(isRow ? place.y : place.y - OUTPUT_HEIGHT);
  int start = isRow ? 0 : MASK_HEIGHT;
  int count = isRow ? MASK_HEIGHT : MASK_WIDTH;
  int first = count;
  int last = -1;
  float foreign = 0.0;
  for (int k = 0; k < count; k++) {
    if (getBounds(place.x, start + k, 0) <= along && along <= getBounds(place.x, start + k, 1)) {
      first = min(first, k);
      last = k;
      foreign = max(foreign, getBounds(place.x, start + k, 2));
    }
  }
  setOutput(place.z == 0 ? float(first) : place.z == 1 ? float(last) : foreign);
}`;

/** Walks through the values that refer to an element of the output, in row-major order. */
const collect = (combine: string) => `
void main() {
  ivec4 place = getOutputCoords();
  float wanted = float((place.y * OUTPUT_WIDTH + place.z) * MASK_CHANNELS + place.w);
  int rows = place.y;
  int columns = OUTPUT_HEIGHT + place.z;
  int firstRow = int(getRanges(place.x, rows, 0));
  int lastRow = int(getRanges(place.x, rows, 1));
  int firstColumn = int(getRanges(place.x, columns, 0));
  int lastColumn = int(getRanges(place.x, columns, 1));
  bool foreign = getRanges(place.x, rows, 2) > 0.5 && getRanges(place.x, columns, 2) > 0.5;
  int firstChannel = foreign ? 0 : place.w;
  int lastChannel = foreign ? CHANNELS - 1 : place.w;
  float collected = 0.0;
  for (int row = firstRow; row <= lastRow; row++) {
    for (int column = firstColumn; column <= lastColumn; column++) {
      for (int c = firstChannel; c <= lastChannel; c++) {
        if (getIndices(place.x, row, column, c) == wanted) { ${combine} }
      }
    }
  }
  setOutput(collected);
}`;

const LAST = 'collected = getValues(place.x, row, column, c);';
const SUM = 'collected += getValues(place.x, row, column, c);';

function gather(
  where: string,
  backend: object,
  combine: string,
  values: tf.TensorInfo,
  indices: tf.TensorInfo,
  [outputHeight, outputWidth]: readonly [number, number],
): tf.TensorInfo {
  const [batch, height, width, channels] = values.shape as Shape4D;
  const maskChannels = indices.shape[3];
  checkPositions(where, outputHeight * outputWidth * maskChannels);
  const constants = {
    CHANNELS: channels,
    MASK_HEIGHT: height,
    MASK_WIDTH: width,
    MASK_CHANNELS: maskChannels,
    OUTPUT_HEIGHT: outputHeight,
    OUTPUT_WIDTH: outputWidth,
  };
  const boundsInfo = runShader(backend, {
    shape: [batch, height + width, 3],
    inputs: { indices },
    dtype: 'int32',
    constants,
    code: bounds,
  });
  const rangesInfo = runShader(backend, {
    shape: [batch, outputHeight + outputWidth, 3],
    inputs: { bounds: boundsInfo },
    dtype: 'int32',
    constants,
    code: ranges,
  });
  const y = runShader(backend, {
    shape: [batch, outputHeight, outputWidth, channels],
    inputs: { values, indices, ranges: rangesInfo },
    dtype: 'float32',
    constants,
    code: collect(combine),
  });
  for (const info of [boundsInfo, rangesInfo]) (backend as WebglBackend).disposeIntermediateTensorInfo(info);
  return y;
}

export const maxPoolWithArgmaxGrad: tf.KernelFunc = ({ inputs, backend, attrs }) => {
  const { dy, indices } = inputs as Record<'dy' | 'indices', tf.TensorInfo>;
  const { outputSize } = attrs as unknown as MaxPoolWithArgmaxGradAttrs;
  return gather(MaxPoolWithArgmaxGrad, backend, SUM, dy, indices, outputSize);
};

export const maxUnpool: tf.KernelFunc = ({ inputs, backend, attrs }) => {
  const { values, indices } = inputs as Record<'values' | 'indices', tf.TensorInfo>;
  const { outputSize } = attrs as unknown as MaxUnpoolAttrs;
  return gather(MaxUnpool, backend, LAST, values, indices, outputSize);
};

const readAtIndices = `${decode}
void main() {
  ivec4 place = getOutputCoords();
  ivec3 position = decode(getIndices(place.x, place.y, place.z, place.w));
  setOutput(position.x < 0 ? 0.0 : getDy(place.x, position.x, position.y, position.z));
}`;

export const maxUnpoolGrad: tf.KernelFunc = ({ inputs, backend }) => {
  const { dy, indices } = inputs as Record<'dy' | 'indices', tf.TensorInfo>;
  const [batch, outputHeight, outputWidth, channels] = dy.shape as Shape4D;
  const [, height, width, maskChannels] = indices.shape as Shape4D;
  checkPositions(MaxUnpoolGrad, outputHeight * outputWidth * maskChannels);
  return runShader(backend, {
    shape: [batch, height, width, channels],
    inputs: { dy, indices },
    dtype: 'float32',
    constants: {
      CHANNELS: channels,
      MASK_CHANNELS: maskChannels,
      OUTPUT_HEIGHT: outputHeight,
      OUTPUT_WIDTH: outputWidth,
    },
    code: readAtIndices,
  });
};
