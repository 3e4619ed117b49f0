/** Replaces stock kernels by kernels of this engine. */
import {
  getKernel,
  type KernelFunc,
  type NamedAttrMap,
  type NamedTensorInfoMap,
  registerKernel,
  type TensorInfo,
  unregisterKernel,
} from '@tensorflow/tfjs-core';
import { MissingKernelError } from '../../../errors';

/** Computes outputs from inputs by name and attributes, without a tape. */
export type WasmKernel<Inputs, Attrs> = (inputs: Inputs, attrs: Attrs) => TensorInfo | TensorInfo[] | undefined;

/**
 * Registers a kernel for the wasm backend. If it returns undefined (an unsupported case), the kernel that was registered before does the
 * work.
 */
export function registerWasmKernel<Inputs, Attrs>(kernelName: string, kernel: WasmKernel<Inputs, Attrs>): void {
  const stock = getKernel(kernelName, 'wasm');
  if (stock) unregisterKernel(kernelName, 'wasm');
  const kernelFunc: KernelFunc = (params) => {
    const outputs = kernel(asTheyAre(params.inputs) as Inputs, params.attrs as Attrs);
    if (outputs !== undefined) return outputs;
    if (stock) return stock.kernelFunc(params);
    throw new MissingKernelError({
      where: `wasm backend`,
      state: `${kernelName} does not cover ${describe(params.attrs)}`,
      todo: 'choose other options, or another backend',
    });
  };
  // Stock kernels set themselves up when a backend starts, which it has.
  registerKernel({ kernelName, backendName: 'wasm', kernelFunc });
}

/** Returns inputs with the data that they have now: a variable may get other data before a result is computed that is deferred. */
function asTheyAre(inputs: NamedTensorInfoMap): NamedTensorInfoMap {
  const infos: NamedTensorInfoMap = {};
  for (const name in inputs) {
    const tensor = inputs[name];
    infos[name] = tensor && { dataId: tensor.dataId, shape: tensor.shape, dtype: tensor.dtype };
  }
  return infos;
}

function describe(attrs: NamedAttrMap | undefined): string {
  return JSON.stringify(attrs ?? {});
}
