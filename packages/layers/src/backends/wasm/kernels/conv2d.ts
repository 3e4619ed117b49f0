/** Conv2D, FusedConv2D and the two gradients of a convolution: any kernel size, stride, padding and dilation, NHWC. */
import {
  backend_util,
  type Conv2DAttrs,
  type Conv2DBackpropFilterAttrs,
  type Conv2DBackpropInputAttrs,
  type FusedConv2DAttrs,
  type TensorInfo,
  util,
} from '@tensorflow/tfjs-core';
import { convBackpropInput, convForward } from '../jobs/convolution';
import { filterGradient } from '../jobs/filter-gradient';
import type { Engine } from '../runtime/engine';
import { activate, type FusedInputs, isFusable } from './fused-activation';
import { registerWasmKernel } from './register';

type Shape4D = [number, number, number, number];
type Geometry = Pick<Conv2DAttrs, 'strides' | 'pad' | 'dataFormat' | 'dimRoundingMode'> & {
  dilations?: Conv2DAttrs['dilations'];
};

/** Registers the convolution kernels. */
export function registerConv2D(engine: Engine): void {
  registerWasmKernel<{ x: TensorInfo; filter: TensorInfo }, Conv2DAttrs>('Conv2D', ({ x, filter }, attrs) => {
    const info = geometry(x.shape, filter.shape, attrs);
    if (!info) return undefined;
    const y = engine.makeTensor(info.outShape);
    convForward(engine, info, engine.pointer(x), engine.pointer(filter), engine.pointer(y), {});
    return y;
  });

  registerWasmKernel<FusedInputs, FusedConv2DAttrs>('FusedConv2D', (inputs, attrs) => {
    const { x, filter, bias } = inputs;
    const info = geometry(x.shape, filter.shape, attrs);
    const plainBias = !bias || util.sizeFromShape(bias.shape) === info?.outChannels;
    if (!info || !plainBias || !isFusable(attrs.activation)) return undefined;
    const y = engine.makeTensor(info.outShape);
    const finish = { bias: bias && engine.pointer(bias), relu: attrs.activation === 'relu' };
    convForward(engine, info, engine.pointer(x), engine.pointer(filter), engine.pointer(y), finish);
    return activate(engine, y, inputs, attrs);
  });

  registerWasmKernel<
    { dy: TensorInfo; filter: TensorInfo },
    Conv2DBackpropInputAttrs & { dilations?: Conv2DAttrs['dilations'] }
  >('Conv2DBackpropInput', ({ dy, filter }, attrs) => {
    const info = geometry(attrs.inputShape, filter.shape, attrs);
    if (!info) return undefined;
    const dx = engine.makeTensor(info.inShape);
    convBackpropInput(engine, info, engine.pointer(dy), engine.pointer(filter), engine.pointer(dx));
    return dx;
  });

  registerWasmKernel<
    { x: TensorInfo; dy: TensorInfo },
    Conv2DBackpropFilterAttrs & { dilations?: Conv2DAttrs['dilations'] }
  >('Conv2DBackpropFilter', ({ x, dy }, attrs) => {
    const info = geometry(x.shape, attrs.filterShape, attrs);
    if (!info) return undefined;
    const gradient = engine.makeTensor(attrs.filterShape);
    filterGradient(engine, info, engine.pointer(x), engine.pointer(dy), engine.pointer(gradient));
    return gradient;
  });
}

/** Determines sizes and padding; undefined for NCHW, which the stock wasm backend does not support either. */
function geometry(xShape: number[], filterShape: number[], attrs: Geometry): backend_util.Conv2DInfo | undefined {
  const dataFormat = backend_util.convertConv2DDataFormat(attrs.dataFormat ?? 'NHWC');
  if (dataFormat !== 'channelsLast') return undefined;
  return backend_util.computeConv2DInfo(
    xShape as Shape4D,
    filterShape as Shape4D,
    attrs.strides,
    attrs.dilations ?? 1,
    attrs.pad,
    attrs.dimRoundingMode,
  );
}
