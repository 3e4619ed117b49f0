/** Max-pooling with and without indices, and max-unpooling, by the rules of contracts/pooling-kernels.ts. */
import { backend_util, type MaxPoolAttrs, type MaxPoolGradAttrs, type TensorInfo, util } from '@tensorflow/tfjs-core';
import {
  MaxPoolWithArgmax,
  type MaxPoolWithArgmaxAttrs,
  MaxPoolWithArgmaxGrad,
  type MaxPoolWithArgmaxGradAttrs,
  MaxUnpool,
  type MaxUnpoolAttrs,
  MaxUnpoolGrad,
} from '../../../contracts/pooling-kernels';
import type { Engine } from '../runtime/engine';
import { registerWasmKernel } from './register';

type Shape4D = [number, number, number, number];

/** Registers the pooling kernels. */
export function registerPooling(engine: Engine): void {
  registerWasmKernel<{ x: TensorInfo }, MaxPoolWithArgmaxAttrs>(MaxPoolWithArgmax, ({ x }, attrs) => {
    if (x.dtype !== 'float32') return undefined;
    const info = backend_util.computePool2DInfo(x.shape as Shape4D, attrs.filterSize, attrs.strides, 1, attrs.pad);
    const [values, indices] = [engine.makeTensor(info.outShape), engine.makeTensor(info.outShape, 'int32')];
    maxPool(
      engine,
      info,
      engine.pointer(x),
      engine.pointer(values),
      engine.pointer(indices),
      attrs.includeBatchInIndex,
    );
    return [values, indices];
  });

  registerWasmKernel<{ x: TensorInfo }, MaxPoolAttrs>(
    'MaxPool',
    ({ x }, { filterSize, strides, pad, dimRoundingMode }) => {
      if (x.dtype !== 'float32') return undefined;
      const info = backend_util.computePool2DInfo(x.shape as Shape4D, filterSize, strides, 1, pad, dimRoundingMode);
      const values = engine.makeTensor(info.outShape);
      maxPool(engine, info, engine.pointer(x), engine.pointer(values), 0, false);
      return values;
    },
  );

  registerWasmKernel<{ dy: TensorInfo; input: TensorInfo; output: TensorInfo }, MaxPoolGradAttrs>(
    'MaxPoolGrad',
    ({ dy, input }, { filterSize, strides, pad, dimRoundingMode }) => {
      const info = backend_util.computePool2DInfo(input.shape as Shape4D, filterSize, strides, 1, pad, dimRoundingMode);
      const dx = engine.makeTensor(input.shape);
      const size = util.sizeFromShape(info.outShape);
      engine.withMemory(8 * size, (values) => {
        maxPool(engine, info, engine.pointer(input), values, values + 4 * size, false);
        scatter(
          engine,
          'maxPoolGrad',
          engine.pointer(dy),
          info.outShape,
          values + 4 * size,
          info.inChannels,
          engine.pointer(dx),
          info.inHeight * info.inWidth,
        );
      });
      return dx;
    },
  );

  registerWasmKernel<{ dy: TensorInfo; indices: TensorInfo }, MaxPoolWithArgmaxGradAttrs>(
    MaxPoolWithArgmaxGrad,
    ({ dy, indices }, { outputSize }) => {
      const [batch, , , channels] = dy.shape as Shape4D;
      const dx = engine.makeTensor([batch, ...outputSize, channels]);
      const [to, pixels] = [engine.pointer(dx), outputSize[0] * outputSize[1]];
      scatter(engine, 'maxPoolGrad', engine.pointer(dy), dy.shape, engine.pointer(indices), channels, to, pixels);
      return dx;
    },
  );

  registerWasmKernel<{ values: TensorInfo; indices: TensorInfo }, MaxUnpoolAttrs>(
    MaxUnpool,
    ({ values, indices }, { outputSize }) => {
      const [batch, , , channels] = values.shape as Shape4D;
      const y = engine.makeTensor([batch, ...outputSize, channels]);
      const [to, pixels] = [engine.pointer(y), outputSize[0] * outputSize[1]];
      const [from, at] = [engine.pointer(values), engine.pointer(indices)];
      scatter(engine, 'maxUnpool', from, values.shape, at, indices.shape[3], to, pixels);
      return y;
    },
  );

  registerWasmKernel<{ dy: TensorInfo; indices: TensorInfo }, undefined>(MaxUnpoolGrad, ({ dy, indices }) => {
    const [batch, unpooledHeight, unpooledWidth, channels] = dy.shape as Shape4D;
    const [, height, width, maskChannels] = indices.shape as Shape4D;
    const shape = [batch, height, width, channels];
    const dValues = engine.makeTensor(shape);
    const [to, at, from] = [engine.pointer(dValues), engine.pointer(indices), engine.pointer(dy)];
    scatter(engine, 'maxUnpoolGrad', to, shape, at, maskChannels, from, unpooledHeight * unpooledWidth);
    return dValues;
  });
}

/** Runs max-pooling of any kind; `indices` is 0 if they are not wanted. */
export function maxPool(
  engine: Engine,
  info: backend_util.Conv2DInfo,
  x: number,
  values: number,
  indices: number,
  throughBatch: boolean,
): void {
  engine.run(
    'maxPool',
    { units: info.batchSize * info.outHeight, chunk: info.outHeight },
    {
      x,
      height: info.inHeight,
      width: info.inWidth,
      channels: info.inChannels,
      windowY: info.filterHeight,
      windowX: info.filterWidth,
      strideY: info.strideHeight,
      strideX: info.strideWidth,
      dilationY: info.dilationHeight,
      dilationX: info.dilationWidth,
      padTop: info.padInfo.top,
      padLeft: info.padInfo.left,
      values,
      indices,
      outHeight: info.outHeight,
      outWidth: info.outWidth,
      throughBatch: throughBatch ? 1 : 0,
    },
  );
}

/** Runs one of the kernels that move values between a pooled and an unpooled tensor by indices. */
export function scatter(
  engine: Engine,
  kernel: 'maxPoolGrad' | 'maxUnpool' | 'maxUnpoolGrad',
  pooled: number,
  pooledShape: number[],
  indices: number,
  maskChannels: number,
  unpooled: number,
  unpooledPixels: number,
): void {
  const [batch, height, width, channels] = pooledShape as Shape4D;
  const job = { pooled, indices, unpooled, pixels: height * width, channels, maskChannels, unpooledPixels };
  engine.run(kernel, { units: batch }, job);
}
