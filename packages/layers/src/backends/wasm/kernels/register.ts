/** Replaces stock kernels by kernels of this engine. */
import {
  getKernel,
  type KernelFunc,
  type NamedAttrMap,
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
    const outputs = kernel(params.inputs as Inputs, params.attrs as Attrs);
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

function describe(attrs: NamedAttrMap | undefined): string {
  return JSON.stringify(attrs ?? {});
}
