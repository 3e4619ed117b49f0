/** Groups of layers that run as one: how each computes its output and its gradients, with the kernels of contracts/training-kernels.ts. */
import { reshape, type Tensor, type Tensor4D, type Variable } from '@tensorflow/tfjs-core';
import {
  type FusedConv2DAttrs,
  FusedConv2DGrad,
  FusedConv2DMaxPool,
  FusedConv2DMaxPoolGrad,
  FusedConv2DTranspose,
  type FusedConv2DTransposeAttrs,
  FusedConv2DTransposeGrad,
  FusedDenseGrad,
  type FusedGradAttrs,
} from '../contracts/training-kernels';
import { runKernel } from '../ops/run-kernel';

/** The masks of a chain's pools, by the ids of the symbolic tensors that stand for them. */
export type Masks = Map<number, Tensor>;

/** Neighboring layers that run as one. */
export interface Group {
  /** Returns the kernel and the bias, in this order; nothing for a group without weights. */
  readonly weights: () => Variable[];
  /** Whether the output went through a ReLU, so that its gradient must be 0 where it is not positive. */
  readonly relu: boolean;
  /** Whether the gradient needs the group's input. */
  readonly savesInput: boolean;
  /** Whether something can be added to the output, or to the gradient for the input, while it is computed. */
  readonly adds?: 'output' | 'input gradient';
  /** Computes the output, plus `residual`; a pool adds its mask to `masks`. */
  forward(x: Tensor, masks: Masks, residual?: Tensor): Tensor;
  /**
   * Computes the gradients `[dx, ...one for each weight]`.
   *
   * @param dy already masked for the group's own ReLU
   * @param x the group's input, if it was saved
   * @param residual added to dx
   */
  backward(
    dy: Tensor,
    x: Tensor,
    masks: Masks,
    neighbors: Pick<FusedGradAttrs, 'maskInput' | 'deferInput'>,
    residual?: Tensor,
  ): Tensor[];
}

/** Names `[kernel, bias?]` as the kernels expect. */
function named([filter, bias]: Variable[]): Record<string, Tensor> {
  return bias ? { filter: filter as Tensor, bias } : { filter: filter as Tensor };
}

/** Makes the group of a convolution and its ReLU. */
export function convGroup(weights: () => Variable[], attrs: FusedConv2DAttrs): Group {
  const stockAttrs = { ...attrs, dataFormat: 'NHWC', activation: attrs.relu ? 'relu' : 'linear' };
  return {
    weights,
    relu: attrs.relu,
    savesInput: true,
    adds: 'input gradient',
    forward: (x) => runKernel<Tensor>('FusedConv2D', { x, ...named(weights()) }, stockAttrs),
    backward: (dy, x, _masks, neighbors, residual) => {
      const [filter, bias] = weights();
      const inputs = { dy, x, filter: filter as Tensor, ...(residual && { residual }) };
      return runKernel<Tensor[]>(FusedConv2DGrad, inputs, { ...attrs, ...neighbors, bias: bias !== undefined });
    },
  };
}

/** Makes the group of a convolution, its ReLU, and 2 x 2 max-pooling, whose mask has the id `mask`. */
export function convPoolGroup(weights: () => Variable[], attrs: FusedConv2DAttrs, mask: number): Group {
  return {
    weights,
    relu: attrs.relu,
    savesInput: true,
    forward: (x, masks) => {
      const [values, indices] = runKernel<Tensor[]>(FusedConv2DMaxPool, { x, ...named(weights()) }, attrs) as [
        Tensor,
        Tensor,
      ];
      masks.set(mask, indices);
      return values;
    },
    backward: (dy, x, masks, neighbors) => {
      const [filter, bias] = weights();
      const inputs = { dy, x, filter: filter as Tensor, indices: masks.get(mask) as Tensor };
      return runKernel<Tensor[]>(FusedConv2DMaxPoolGrad, inputs, { ...attrs, ...neighbors, bias: bias !== undefined });
    },
  };
}

/** Makes the group of a transposed convolution and its ReLU, applied to the input, or to the input unpooled by the mask with an id. */
export function convTransposeGroup(
  weights: () => Variable[],
  { filters, ...attrs }: Omit<FusedConv2DTransposeAttrs, 'outputShape'> & { filters: number },
  mask?: number,
): Group {
  const attrsFor = (x: Tensor): FusedConv2DTransposeAttrs => {
    const [height, width] = attrs.unpooledSize ?? [(x as Tensor4D).shape[1], (x as Tensor4D).shape[2]];
    const [kernelHeight, kernelWidth] = (weights()[0] as Variable).shape as [number, number];
    const length = (size: number, stride: number, kernel: number) =>
      size * stride + (attrs.pad === 'same' ? 0 : Math.max(kernel - stride, 0));
    const outputShape: [number, number, number] = [
      length(height, attrs.strides[0], kernelHeight),
      length(width, attrs.strides[1], kernelWidth),
      filters,
    ];
    return { ...attrs, outputShape };
  };
  const withMask = (inputs: Record<string, Tensor>, masks: Masks) =>
    mask === undefined ? inputs : { ...inputs, indices: masks.get(mask) as Tensor };
  return {
    weights,
    relu: attrs.relu,
    savesInput: true,
    adds: mask === undefined && !attrs.relu ? 'output' : undefined,
    forward: (x, masks, residual) => {
      const inputs = withMask({ x, ...named(weights()), ...(residual && { residual }) }, masks);
      return runKernel<Tensor>(FusedConv2DTranspose, inputs, attrsFor(x));
    },
    backward: (dy, x, masks, neighbors) => {
      const [filter, bias] = weights();
      const inputs = withMask({ dy, x, filter: filter as Tensor }, masks);
      return runKernel<Tensor[]>(FusedConv2DTransposeGrad, inputs, {
        ...attrsFor(x),
        ...neighbors,
        bias: bias !== undefined,
      });
    },
  };
}

/** Makes the group of a dense layer and its ReLU, `[..., F]` -> `[..., units]`. */
export function denseGroup(weights: () => Variable[], relu: boolean): Group {
  const attrs = { transposeA: false, transposeB: false, activation: relu ? 'relu' : 'linear' };
  return {
    weights,
    relu,
    savesInput: true,
    forward: (x) => {
      const [kernel, bias] = weights();
      const inputs: Record<string, Tensor> = { a: asMatrix(x), b: kernel as Tensor, ...(bias && { bias }) };
      const y = runKernel<Tensor>('_FusedMatMul', inputs, attrs);
      return x.rank === 2 ? y : reshape(y, [...x.shape.slice(0, -1), y.shape[1] as number]);
    },
    backward: (dy, x, _masks, neighbors) => {
      const [kernel, bias] = weights();
      const inputs = { dy: asMatrix(dy), x: asMatrix(x), kernel: kernel as Tensor };
      const attrs = { ...neighbors, bias: bias !== undefined };
      const [dx, ...ofWeights] = runKernel<Tensor[]>(FusedDenseGrad, inputs, attrs) as [Tensor, ...Tensor[]];
      return [x.rank === 2 ? dx : reshape(dx, x.shape), ...ofWeights];
    },
  };
}

/** The rows of the last dimension: `[..., F]` -> `[rows, F]`. */
function asMatrix(x: Tensor): Tensor {
  return x.rank === 2 ? x : reshape(x, [-1, x.shape.at(-1) as number]);
}

/** Makes the group that reshapes values; `shape` excludes the batch. */
export function reshapeGroup(inputShape: readonly number[], shape: readonly number[]): Group {
  return {
    weights: () => [],
    relu: false,
    savesInput: false,
    forward: (x) => reshape(x, [x.shape[0], ...shape]),
    backward: (dy) => [reshape(dy, [dy.shape[0], ...inputShape])],
  };
}
