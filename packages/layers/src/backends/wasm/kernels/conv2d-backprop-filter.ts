/** Conv2DBackpropFilter: stock tfjs-wasm has none, so it cannot train convolutions (tfjs issue 8474). */
import { backend_util, type Conv2DBackpropFilterAttrs, type TensorInfo } from '@tensorflow/tfjs-core';
import { floatsOf, makeTensor } from '../heap';
import { registerWasmKernel } from './register';

/** Registers `{x [N, H, W, I], dy [N, h, w, O]}` -> gradient of the filter `[kh, kw, I, O]`, for any stride, padding and dilation. */
export function registerConv2DBackpropFilter(): void {
  registerWasmKernel<
    { x: TensorInfo; dy: TensorInfo },
    Conv2DBackpropFilterAttrs & { dilations?: number | [number, number] }
  >('Conv2DBackpropFilter', ({ inputs: { x, dy }, attrs, backend }) => {
    const info = backend_util.computeConv2DInfo(
      x.shape as [number, number, number, number],
      attrs.filterShape,
      attrs.strides,
      attrs.dilations ?? 1,
      attrs.pad,
      attrs.dimRoundingMode,
      false,
      backend_util.convertConv2DDataFormat(attrs.dataFormat),
    );
    const gradient = makeTensor(backend, attrs.filterShape);
    accumulate(floatsOf(backend, x), floatsOf(backend, dy), floatsOf(backend, gradient).fill(0), info);
    return gradient;
  });
}

function accumulate(x: Float32Array, dy: Float32Array, gradient: Float32Array, info: backend_util.Conv2DInfo): void {
  const { batchSize, inHeight, inWidth, inChannels, outHeight, outWidth, outChannels, filterHeight, filterWidth } =
    info;
  for (let n = 0; n < batchSize; n++) {
    for (let oy = 0; oy < outHeight; oy++) {
      for (let ky = 0; ky < filterHeight; ky++) {
        const iy = oy * info.strideHeight + ky * info.dilationHeight - info.padInfo.top;
        if (iy < 0 || iy >= inHeight) continue;
        for (let ox = 0; ox < outWidth; ox++) {
          const dyStart = ((n * outHeight + oy) * outWidth + ox) * outChannels;
          for (let kx = 0; kx < filterWidth; kx++) {
            const ix = ox * info.strideWidth + kx * info.dilationWidth - info.padInfo.left;
            if (ix < 0 || ix >= inWidth) continue;
            const xStart = ((n * inHeight + iy) * inWidth + ix) * inChannels;
            const gradientStart = (ky * filterWidth + kx) * inChannels * outChannels;
            addOuterProduct(x, xStart, inChannels, dy, dyStart, outChannels, gradient, gradientStart);
          }
        }
      }
    }
  }
}

function addOuterProduct(
  x: Float32Array,
  xStart: number,
  inChannels: number,
  dy: Float32Array,
  dyStart: number,
  outChannels: number,
  gradient: Float32Array,
  gradientStart: number,
): void {
  for (let i = 0, at = gradientStart; i < inChannels; i++) {
    const value = x[xStart + i] as number;
    for (let o = 0; o < outChannels; o++, at++) gradient[at]! += value * (dy[dyStart + o] as number);
  }
}
