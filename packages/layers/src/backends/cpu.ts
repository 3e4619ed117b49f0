/**
 * The kernels for the plain JavaScript backend of TensorFlow.js. This is the reference that the other backends are tested against: it is
 * written to be read, not to be fast.
 *
 * Importing it also loads `@tensorflow/tfjs-backend-cpu`.
 */
import type { MathBackendCPU } from '@tensorflow/tfjs-backend-cpu';
import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import * as names from '../contracts/pooling-kernels';
import { forEachIndex } from './shared/for-each-index';
import { registerKernels } from './shared/register-kernels';

/** Registers the kernels of this package for the backend `cpu`. Calling it again does nothing. */
export function registerCpuKernels(): void {
  registerKernels('cpu', {
    [names.MaxPoolWithArgmax]: maxPoolWithArgmax,
    [names.MaxPoolWithArgmaxGrad]: maxPoolWithArgmaxGrad,
    [names.MaxUnpool]: maxUnpool,
    [names.MaxUnpoolGrad]: maxUnpoolGrad,
    [tf.ResizeNearestNeighborGrad]: resizeNearestNeighborGrad,
    [tf.ResizeBilinearGrad]: resizeBilinearGrad,
  });
}

const maxPoolWithArgmax: tf.KernelFunc = ({ inputs, backend, attrs }) => {
  const { x } = inputs as { x: tf.TensorInfo };
  const { filterSize, strides, pad, includeBatchInIndex } = attrs as unknown as names.MaxPoolWithArgmaxAttrs;
  const info = tf.backend_util.computePool2DInfo(x.shape as Shape4D, filterSize, strides, 1, pad);
  const { inHeight, inWidth, inChannels } = info;
  const input = read(backend, x);
  const size = tf.util.sizeFromShape(info.outShape);
  const values = x.dtype === 'int32' ? new Int32Array(size) : new Float32Array(size);
  const indices = new Int32Array(size);

  let out = 0;
  for (let n = 0; n < info.batchSize; n++) {
    const image = n * inHeight * inWidth * inChannels;
    for (let outY = 0; outY < info.outHeight; outY++) {
      const top = outY * info.strideHeight - info.padInfo.top;
      const rows = [Math.max(top, 0), Math.min(top + info.filterHeight, inHeight)] as const;
      for (let outX = 0; outX < info.outWidth; outX++) {
        const left = outX * info.strideWidth - info.padInfo.left;
        const columns = [Math.max(left, 0), Math.min(left + info.filterWidth, inWidth)] as const;
        for (let c = 0; c < inChannels; c++) {
          const offset = argmaxOfWindow(input, image, rows, columns, inWidth, inChannels, c);
          values[out] = input[offset];
          indices[out] = includeBatchInIndex ? offset : offset - image;
          out++;
        }
      }
    }
  }
  return [write(backend, values, info.outShape, x.dtype), write(backend, indices, info.outShape, 'int32')];
};

/** Returns the offset in `input` of the window's maximum. `rows` and `columns` are [start, end), inside the image. */
function argmaxOfWindow(
  input: tf.backend_util.TypedArray,
  image: number,
  rows: readonly [number, number],
  columns: readonly [number, number],
  width: number,
  channels: number,
  channel: number,
): number {
  let best = image + (rows[0] * width + columns[0]) * channels + channel;
  for (let y = rows[0]; y < rows[1]; y++) {
    for (let x = columns[0]; x < columns[1]; x++) {
      const offset = image + (y * width + x) * channels + channel;
      const value = input[offset];
      if (value > input[best] || Number.isNaN(value)) best = offset;
    }
  }
  return best;
}

const maxPoolWithArgmaxGrad: tf.KernelFunc = ({ inputs, backend, attrs }) => {
  const { outputSize } = attrs as unknown as names.MaxPoolWithArgmaxGradAttrs;
  const { dy, indices } = inputs as Record<'dy' | 'indices', tf.TensorInfo>;
  const [batch, , , channels] = dy.shape as Shape4D;
  const added = read(backend, dy);
  const dx = new Float32Array(batch * outputSize[0] * outputSize[1] * channels);
  forEachIndex(
    names.MaxPoolWithArgmaxGrad,
    read(backend, indices),
    indices.shape as Shape4D,
    channels,
    outputSize,
    (value, position) => {
      dx[position] += added[value];
    },
  );
  return write(backend, dx, [batch, ...outputSize, channels], 'float32');
};

const maxUnpool: tf.KernelFunc = ({ inputs, backend, attrs }) => {
  const { outputSize } = attrs as unknown as names.MaxUnpoolAttrs;
  const { values, indices } = inputs as Record<'values' | 'indices', tf.TensorInfo>;
  const [batch, , , channels] = values.shape as Shape4D;
  const written = read(backend, values);
  const y = new Float32Array(batch * outputSize[0] * outputSize[1] * channels);
  forEachIndex(
    names.MaxUnpool,
    read(backend, indices),
    indices.shape as Shape4D,
    channels,
    outputSize,
    (value, position) => {
      y[position] = written[value];
    },
  );
  return write(backend, y, [batch, ...outputSize, channels], 'float32');
};

const maxUnpoolGrad: tf.KernelFunc = ({ inputs, backend }) => {
  const { dy, indices } = inputs as Record<'dy' | 'indices', tf.TensorInfo>;
  const [batch, outHeight, outWidth, channels] = dy.shape as Shape4D;
  const [, height, width] = indices.shape as Shape4D;
  const source = read(backend, dy);
  const dvalues = new Float32Array(batch * height * width * channels);
  forEachIndex(
    names.MaxUnpoolGrad,
    read(backend, indices),
    indices.shape as Shape4D,
    channels,
    [outHeight, outWidth],
    (value, position) => {
      dvalues[value] = source[position];
    },
  );
  return write(backend, dvalues, [batch, height, width, channels], 'float32');
};

/**
 * The gradient of UpSampling2D. The stock kernel of TensorFlow.js 4.22 reads the gradient of every image but the first from the wrong
 * place.
 */
const resizeNearestNeighborGrad: tf.KernelFunc = ({ inputs, backend, attrs }) => {
  const { images, dy } = inputs as Record<'images' | 'dy', tf.TensorInfo>;
  const [batch, height, width, channels] = images.shape as Shape4D;
  const [, outHeight, outWidth] = dy.shape as Shape4D;
  const rows = nearest(height, outHeight, attrs as unknown as tf.ResizeNearestNeighborGradAttrs);
  const columns = nearest(width, outWidth, attrs as unknown as tf.ResizeNearestNeighborGradAttrs);
  const source = read(backend, dy);
  const dx = new Float32Array(batch * height * width * channels);
  let from = 0;
  for (let n = 0; n < batch; n++) {
    for (const row of rows) {
      for (const column of columns) {
        const to = ((n * height + row) * width + column) * channels;
        for (let c = 0; c < channels; c++) dx[to + c] += source[from++];
      }
    }
  }
  return write(backend, dx, images.shape, 'float32');
};

const stockResizeBilinearGrad = tf.getKernel(tf.ResizeBilinearGrad, 'cpu')?.kernelFunc as tf.KernelFunc;

/** The gradient of bilinear resizing. The stock kernel of TensorFlow.js 4.22 swaps height and width in the shape of its result. */
const resizeBilinearGrad: tf.KernelFunc = (params) => {
  const { images } = params.inputs as Record<'images', tf.TensorInfo>;
  return { ...(stockResizeBilinearGrad(params) as tf.TensorInfo), shape: images.shape };
};

/** Lists the source position of each position of a resized dimension. */
function nearest(size: number, outSize: number, attrs: tf.ResizeNearestNeighborGradAttrs): number[] {
  const { alignCorners, halfPixelCenters = false } = attrs as { alignCorners: boolean; halfPixelCenters?: boolean };
  const inner = alignCorners && outSize > 1 ? 1 : 0;
  const scale = (size - inner) / (outSize - inner);
  return Array.from({ length: outSize }, (_, position) => {
    const exact = scale * (position + (halfPixelCenters ? 0.5 : 0));
    return Math.min(size - 1, alignCorners ? Math.round(exact) : Math.floor(exact));
  });
}

type Shape4D = [number, number, number, number];

function read(backend: object, { dataId }: tf.TensorInfo): tf.backend_util.TypedArray {
  return (backend as MathBackendCPU).data.get(dataId).values as tf.backend_util.TypedArray;
}

function write(backend: object, values: Float32Array | Int32Array, shape: number[], dtype: tf.DataType): tf.TensorInfo {
  return (backend as MathBackendCPU).makeTensorInfo(shape, dtype, values);
}
