/** Max-pooling with indices and max-unpooling, after the rules of kernel-names.ts. */
import { backend_util, type TensorInfo } from '@tensorflow/tfjs-core';
import {
  MaxPoolWithArgmax,
  type MaxPoolWithArgmaxAttrs,
  MaxPoolWithArgmaxGrad,
  type MaxPoolWithArgmaxGradAttrs,
  MaxUnpool,
  type MaxUnpoolAttrs,
  MaxUnpoolGrad,
} from '../../../kernel-names';
import { floatsOf, intsOf, makeTensor } from '../heap';
import { registerWasmKernel } from './register';

type Shape4D = [number, number, number, number];

/** Registers MaxPoolWithArgmax, MaxPoolWithArgmaxGrad, MaxUnpool and MaxUnpoolGrad. */
export function registerPooling(): void {
  registerWasmKernel<{ x: TensorInfo }, MaxPoolWithArgmaxAttrs>(
    MaxPoolWithArgmax,
    ({ inputs: { x }, attrs, backend }) => {
      const info = backend_util.computePool2DInfo(
        x.shape as Shape4D,
        attrs.filterSize,
        attrs.strides,
        1,
        attrs.pad as Parameters<typeof backend_util.computePool2DInfo>[4],
      );
      const values = makeTensor(backend, info.outShape);
      const indices = makeTensor(backend, info.outShape, 'int32');
      pool(floatsOf(backend, x), floatsOf(backend, values), intsOf(backend, indices), info, attrs.includeBatchInIndex);
      return [values, indices];
    },
  );

  registerWasmKernel<{ dy: TensorInfo; indices: TensorInfo }, MaxPoolWithArgmaxGradAttrs>(
    MaxPoolWithArgmaxGrad,
    ({ inputs: { dy, indices }, attrs, backend }) => {
      const [batch, , , channels] = dy.shape as Shape4D;
      const dx = makeTensor(backend, [batch, ...attrs.outputSize, channels]);
      const [from, at, to] = [floatsOf(backend, dy), intsOf(backend, indices), floatsOf(backend, dx).fill(0)];
      forEachIndexed(dy.shape as Shape4D, channels, to.length, at, (i, j) => {
        to[j]! += from[i] as number;
      });
      return dx;
    },
  );

  registerWasmKernel<{ values: TensorInfo; indices: TensorInfo }, MaxUnpoolAttrs>(
    MaxUnpool,
    ({ inputs: { values, indices }, attrs, backend }) => {
      const [batch, , , channels] = values.shape as Shape4D;
      const y = makeTensor(backend, [batch, ...attrs.outputSize, channels]);
      const [from, at, to] = [floatsOf(backend, values), intsOf(backend, indices), floatsOf(backend, y).fill(0)];
      forEachIndexed(values.shape as Shape4D, indices.shape[3] as number, to.length, at, (i, j) => {
        to[j] = from[i] as number;
      });
      return y;
    },
  );

  registerWasmKernel<{ dy: TensorInfo; indices: TensorInfo }, undefined>(
    MaxUnpoolGrad,
    ({ inputs: { dy, indices }, backend }) => {
      const [batch, , , channels] = dy.shape as Shape4D;
      const [, h, w, maskChannels] = indices.shape as Shape4D;
      const shape: Shape4D = [batch, h, w, channels];
      const dValues = makeTensor(backend, shape);
      const [from, at, to] = [floatsOf(backend, dy), intsOf(backend, indices), floatsOf(backend, dValues).fill(0)];
      forEachIndexed(shape, maskChannels, from.length, at, (i, j) => {
        to[i] = from[j] as number;
      });
      return dValues;
    },
  );
}

function pool(
  x: Float32Array,
  values: Float32Array,
  indices: Int32Array,
  info: backend_util.Conv2DInfo,
  includeBatch: boolean,
): void {
  const { batchSize, inHeight, inWidth, inChannels: channels, outHeight, outWidth } = info;
  let out = 0;
  for (let n = 0; n < batchSize; n++) {
    const image = n * inHeight * inWidth * channels;
    for (let oy = 0; oy < outHeight; oy++) {
      const top = oy * info.strideHeight - info.padInfo.top;
      for (let ox = 0; ox < outWidth; ox++) {
        const left = ox * info.strideWidth - info.padInfo.left;
        for (let c = 0; c < channels; c++, out++) {
          let winner = -1;
          for (let y = Math.max(top, 0); y < Math.min(top + info.effectiveFilterHeight, inHeight); y++) {
            for (
              let column = Math.max(left, 0);
              column < Math.min(left + info.effectiveFilterWidth, inWidth);
              column++
            ) {
              const at = (y * inWidth + column) * channels + c;
              const value = x[image + at] as number;
              if (winner < 0 || value > (x[image + winner] as number) || Number.isNaN(value)) winner = at;
            }
          }
          values[out] = x[image + winner] as number;
          indices[out] = includeBatch ? image + winner : winner;
        }
      }
    }
  }
}

/** Calls `visit(i, j)` for each pooled value i and the place j its index names; invalid indices are left out. */
function forEachIndexed(
  [batch, h, w, channels]: Shape4D,
  maskChannels: number,
  unpooledSize: number,
  indices: Int32Array,
  visit: (pooled: number, unpooled: number) => void,
): void {
  const imageSize = batch === 0 ? 0 : unpooledSize / batch;
  const limit = (imageSize / channels) * maskChannels;
  for (let position = 0, i = 0; position < batch * h * w; position++) {
    const image = Math.floor(position / (h * w)) * imageSize;
    for (let c = 0; c < channels; c++, i++) {
      const index = indices[position * maskChannels + c] as number;
      if (index < 0 || index >= limit) continue;
      const channel = index % maskChannels;
      if (channel < channels) visit(i, image + ((index - channel) / maskChannels) * channels + channel);
    }
  }
}
